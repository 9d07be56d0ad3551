"""The register of processing, as a page for the person in charge of data protection."""

from . import retention
from .data_register import REGISTER, Kept, Line

HEAD = """# Registre des données

Écrit par `manage.py data_register` d’après `sessions_app/data_register.py`, que les tests
comparent avec les tables.

- **Traitement** : surveillance d’une session de certification et rédaction de son procès-verbal.
- **Personnes** : candidats (mineurs pour la plupart), surveillants, administrateurs.
- **Responsable** : l’exploitant nommé dans les mentions légales du site.
- **Destinataires** : ceux de la colonne « vu par » ; personne d’autre, aucun transfert.
- **Sécurité** : accès décidés en un seul lieu, journal que la base refuse de réécrire, second
  facteur des administrateurs, journal de sécurité, purge automatique.
- **Droits** : les administrateurs du centre remettent et effacent tout ce qui touche un candidat,
  depuis « Données de la personne » dans l’administration. Le PV signé reste jusqu’à sa fin : il
  fait preuve.
- Aucune raison d’un temps majoré n’est demandée ni gardée.

## Durées
"""


def written() -> str:
    """The whole page, in Markdown, with the durations of the settings."""
    durations = "\n".join(f"- **{kept}**\u00a0: {retention.until(kept)}." for kept in Kept)
    tables = "\n".join(_table(label, lines) for label, lines in REGISTER.items())
    return f"{HEAD}\n{durations}\n\n## Tables\n\n{tables}"


def _table(label: str, lines: list[Line]) -> str:
    rows = "".join(
        f"| {', '.join(f'`{name}`' for name in line.fields.split())} | {line.why} |"
        f" {'oui' if line.personal else 'non'} | {line.seen} | {line.kept} |\n"
        for line in lines
    )
    head = "| colonnes | pourquoi | personnel | vu par | durée |\n|---|---|---|---|---|\n"
    return f"### {label}\n\n{head}{rows}"
