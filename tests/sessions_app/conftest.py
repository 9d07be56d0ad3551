import copy
import uuid

import pytest

from sessions_app.models import Session


@pytest.fixture
def scene(first_scene):
    """The `first_scene` of a module, which is made once, as it was at first: in a history of its
    own, by whose name a process knows what it has kept."""
    scene = copy.deepcopy(first_scene)
    scene.room.epoch = uuid.uuid4()
    Session.objects.filter(pk=scene.room.pk).update(epoch=scene.room.epoch)
    return scene
