"""Where `collectstatic` writes: each file under a name that holds its hash, and compressed."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = r'(?P<matched>(?m:^)import(?P<names>[^;]*?) from "(?P<url>\./[^"]+)";)'


class StaticStorage(CompressedManifestStaticFilesStorage):
    # Imports of our modules are renamed too: else a page of today would run, beside its own
    # script, the modules that the browser has kept from before an update. Ours only, since what
    # packages bring may name files that are not there.
    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", ((IMPORT, 'import%(names)s from "%(url)s";'),)),
    )
