"""The product's settings, with the channel layer that the Channels documentation sets up.

From the environment: what the product needs, and `REDIS_URL`.
"""

from pix_surveillance.settings import *  # noqa: F403

ASGI_APPLICATION = "tests.bench.defaults.asgi.application"
CHANNEL_LAYERS = {
    "default": {
        # The faster of the two layers of channels-redis: one subscription for a group.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [env.str("REDIS_URL")]},  # noqa: F405
    }
}
