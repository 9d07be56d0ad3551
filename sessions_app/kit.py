"""The supervisors' kits: what is needed to open the room, and how the day goes. For print."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from . import codes, documents
from .models import Session

INSTRUCTIONS = [
    {
        "title": "Avant l’heure",
        "steps": [
            "Connectez-vous à votre compte, puis entrez dans la session avec le numéro et le "
            "code surveillant. Gardez une feuille d’émargement imprimée à portée de main.",
            "Allumez les postes, vérifiez que l’adresse des candidats s’ouvre, et que les "
            "téléphones sont rangés.",
            "Écrivez au tableau le numéro de session et le code d’accès des candidats.",
        ],
    },
    {
        "title": "L’entrée",
        "steps": [
            "Contrôlez l’identité de chaque personne et faites-la signer.",
            "Chaque candidat se connecte et attend\u00a0: son nom remonte dans «\u00a0À "
            "traiter\u00a0». Autorisez son départ quand il est prêt.",
            "Un retard, une absence, une donnée d’identité fausse\u00a0: notez-les depuis la "
            "ligne du candidat, au moment où vous les voyez.",
        ],
    },
    {
        "title": "Pendant le test",
        "steps": [
            "Regardez «\u00a0À traiter\u00a0»\u00a0: reprises demandées, problèmes signalés, "
            "temps dépassés. Le reste n’attend rien de vous.",
            "Quelqu’un a été déconnecté\u00a0: autorisez la reprise\u00a0; le temps perdu vous "
            "est proposé, vous pouvez le corriger.",
            "Alarme ou coupure\u00a0: suspendez toute la salle. À la reprise, chacun retrouve "
            "son temps.",
            "Un incident\u00a0: notez-le depuis la ligne du candidat. Le PV s’écrit avec ce que "
            "vous notez.",
        ],
    },
    {
        "title": "Si votre connexion tombe",
        "steps": [
            "Les tests continuent sans vous. Revenez avec le numéro et le code, depuis "
            "n’importe quel appareil.",
            "Si le réseau reste coupé, servez-vous de l’état de la salle imprimé\u00a0: il "
            "donne l’heure de fin de chacun. Notez sur papier, vous reporterez ensuite.",
        ],
    },
    {
        "title": "La fin",
        "steps": [
            "Un test s’arrête de lui-même quand le candidat a terminé. Si l’heure est passée, "
            "ajoutez du temps ou mettez fin au test, avec la raison.",
            "Relisez le PV, complétez vos observations, puis signez et finalisez la session. "
            "Rien ne se modifie plus ensuite.",
        ],
    },
]


@documents.in_french
def kits_pdf(sessions: list[Session], origin: str) -> bytes:
    """The kits of one session or more (their centres at hand), one after the other.

    They hold the codes: only for who already supervises these sessions, or administers them.
    `origin` is the site's address, as in ORIGINS.
    """
    addresses = {
        "supervisors": origin + reverse("entry"),
        "candidates": origin + reverse("join"),
    }
    data = {
        "title": "Kit du surveillant",
        "instructions": INSTRUCTIONS,
        "sessions": [
            {
                "facts": documents.facts_of(session),
                "supervisor_code": codes.spaced(session.supervisor_code, 4),
                "access_code": codes.spaced(session.access_code, 3),
            }
            for session in sessions
        ],
    }
    pictures = {f"{name}-code": qr_code(address) for name, address in addresses.items()}
    first = min(session.scheduled_start for session in sessions)
    return documents.render("kit", data, at=first, verbatim=addresses | pictures)


def origin_of(request: HttpRequest) -> str:
    """Where this browser reaches the site, when it is one of ORIGINS; the first of them if not."""
    here = f"{request.scheme}://{request.get_host()}"
    return here if here in settings.ORIGINS else settings.ORIGINS[0]


def qr_code(address: str) -> str:
    """An SVG of our own, black on nothing, with the quiet zone that readers need."""
    import qrcode  # not loaded by a process that serves sockets
    from qrcode.image.svg import SvgPathImage

    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, image_factory=SvgPathImage)
    code.add_data(address)
    return code.make_image().to_string(encoding="unicode")
