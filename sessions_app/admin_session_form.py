"""The form of a session in the admin, where the centre's supervisors are proposed by name."""

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .access import centers_of
from .memberships import Membership, Role
from .models import Session, User

BETWEEN = " ; "
NOBODY = _("Personne encore : invitez des surveillants depuis « Membres des centres ».")
TICK = _("Cochez pour ajouter ces noms à ceux du dessus. Chacun entre avec le code surveillant.")


class SessionForm(forms.ModelForm):
    """`pool` adds names to `supervisors`, as text: it opens no session to anybody."""

    user: User | AnonymousUser  # who looks at the page: set by `SessionAdmin.get_form`
    pool = forms.MultipleChoiceField(
        label=_("Proposés par le centre"), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Session
        fields = "__all__"  # noqa: DJ007 (`SessionAdmin` names them)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "pool" not in self.fields:
            return
        members = Membership.objects.filter(role=Role.SUPERVISOR, user__is_active=True)
        if self.instance.pk:
            members = members.filter(center=self.instance.center_id)
        else:
            members = members.filter(center__in=centers_of(self.user))
        people = members.select_related("user").order_by("user__name", "user__email")
        names = dict.fromkeys(str(each.user) for each in people)
        self.fields["pool"].choices = [(name, name) for name in names]
        self.fields["pool"].help_text = TICK if names else NOBODY

    def clean(self):
        cleaned = super().clean()
        written = cleaned.get("supervisors", "")
        added = [name for name in cleaned.get("pool", []) if name not in written]
        together = BETWEEN.join(filter(None, [written, *added]))
        longest = Session._meta.get_field("supervisors").max_length or 0
        if len(together) > longest:
            self.add_error(
                "pool",
                gettext("Les noms dépassent %(longest)s signes en tout.") % {"longest": longest},
            )
        elif added:
            cleaned["supervisors"] = together
        return cleaned

    @cached_property
    def changed_data(self) -> list[str]:
        """Columns only: names that were ticked are a change of `supervisors`."""
        changed = super().changed_data
        return list(dict.fromkeys("supervisors" if name == "pool" else name for name in changed))
