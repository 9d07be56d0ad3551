"""What is kept of people: every column of every table, why, for whom and for how long.

A pure table: models are named as strings, those of the libraries included. `docs/data.md` is
written from it (`manage.py data_register`), and the tests compare it with the models.
"""

from enum import StrEnum
from typing import NamedTuple


class Kept(StrEnum):
    """Until when; `retention` says which setting decides, and from which day it counts."""

    LIVE = "événements et réponses"
    LIST = "liste et procès-verbal"
    PRESENCE = "détail des présences"
    SECURITY = "journal de sécurité"
    LOGIN = "connexion"
    ACCOUNT = "compte"
    SITE = "fonctionnement du site"


class Seen(StrEnum):
    ROOM = "surveillants de la session, administrateurs du centre"
    CENTER = "administrateurs du centre"
    OWNER = "la personne elle-même, administrateurs du site"
    SITE = "administrateurs du site"
    NOBODY = "personne : le programme seulement"


class Line(NamedTuple):
    """Some columns of one table that share everything; `fields` are names between spaces."""

    fields: str
    why: str
    kept: Kept
    seen: Seen
    personal: bool = True


ID = "désigner la ligne"
MINE = {"kept": Kept.ACCOUNT, "seen": Seen.OWNER}
ROOM = {"kept": Kept.LIST, "seen": Seen.ROOM}
HIDDEN = {"kept": Kept.LIST, "seen": Seen.NOBODY}
LIVE = {"kept": Kept.LIVE, "seen": Seen.ROOM}
SITE = {"kept": Kept.SITE, "seen": Seen.SITE, "personal": False}

REGISTER: dict[str, list[Line]] = {
    "sessions_app.User": [
        Line("id", ID, Kept.ACCOUNT, Seen.NOBODY),
        Line("email password", "reconnaître la personne qui se connecte", **MINE),
        Line("name", "la nommer dans le journal et aux collègues", Kept.ACCOUNT, Seen.ROOM),
        Line("is_staff is_superuser is_active", "décider de ce qu’elle peut faire", **MINE),
        Line("date_joined last_login", "retrouver les comptes qui ne servent plus", **MINE),
    ],
    "sessions_app.User_groups": [Line("id user group", "décider de ses droits", **MINE)],
    "sessions_app.User_user_permissions": [
        Line("id user permission", "décider de ses droits", **MINE)
    ],
    "sessions_app.Center": [
        Line("id name external_id time_zone", "décrire le centre", **SITE),
    ],
    "sessions_app.Membership": [
        Line(
            "id center user role",
            "dire qui administre le centre et qui surveille pour lui",
            Kept.ACCOUNT,
            Seen.CENTER,
        ),
    ],
    "sessions_app.Invitation": [
        Line(
            "id center email role invited_by attempt sent_at accepted_at withdrawn_at",
            "inviter une personne dans le centre, une seule fois",
            Kept.SECURITY,
            Seen.CENTER,
        ),
    ],
    "sessions_app.Session": [
        Line(
            "id center number site room date start_time duration_minutes grace_seconds auto_end",
            "organiser la session",
            **ROOM,
            personal=False,
        ),
        Line("supervisors remarks", "dire qui surveille et ce qu’il faut savoir", **ROOM),
        Line("access_code", "laisser entrer les candidats", **ROOM, personal=False),
        Line("supervisor_code", "laisser entrer les surveillants", **ROOM, personal=False),
        Line(
            "state first_started_at paused_at pause_reason",
            "savoir où en est la session",
            **ROOM,
            personal=False,
        ),
        Line("version epoch", "tenir les écrans à jour", **HIDDEN, personal=False),
    ],
    "sessions_app.SupervisorAccess": [
        Line(
            "id session user granted_at revoked_at",
            "dire qui peut surveiller la session",
            Kept.LIST,
            Seen.CENTER,
        ),
    ],
    "sessions_app.SupervisorPresence": [
        Line("id session user seen_at", "dire qui d’autre est là", Kept.PRESENCE, Seen.ROOM),
    ],
    "sessions_app.SessionEvent": [
        Line(
            "id session version type candidate actor user at data",
            "faire preuve de ce qui s’est passé, écrire le procès-verbal",
            **LIVE,
        ),
    ],
    "sessions_app.Command": [
        Line(
            "id session user key fingerprint answer created_at",
            "ne pas appliquer deux fois la même demande",
            Kept.LIVE,
            Seen.NOBODY,
        ),
    ],
    "sessions_app.PurgedSession": [
        Line(
            "id session_ref number day candidate_refs live_at",
            "laisser partir les lignes dont le délai est passé, et le dire",
            **HIDDEN,
            personal=False,
        ),
    ],
    "sessions_app.SecurityEvent": [
        Line(
            "id at kind user_ref session_number origin data",
            "voir qui est entré, qui a été refusé, ce qui a été emporté",
            Kept.SECURITY,
            Seen.SITE,
        ),
    ],
    "sessions_app.Erasure": [
        Line(
            "id session candidate user ground at bridges",
            "dire qu’une personne a été effacée, à la demande de qui",
            **ROOM,
        ),
    ],
    "sessions_app.Guesses": [
        Line("id key window failures", "compter les codes erronés", **SITE),
    ],
    "sessions_app.FormerReport": [
        Line(
            "id session rank report_ref signed_name signed_role signed_by signed_at"
            " sealed_version journal_digest pdf pdf_sha256 reopened_at reopened_by reason",
            "conserver le procès-verbal signé avant que la session soit rouverte",
            **ROOM,
        ),
    ],
    "sessions_app.PurgeRun": [
        Line("id day seen_at done_at", "purger une seule fois par nuit", **SITE),
    ],
    "candidates.Candidate": [
        Line("id session", ID, **HIDDEN),
        Line(
            "birth_name first_name birthdate",
            "vérifier l’identité, établir le procès-verbal",
            **ROOM,
        ),
        Line("external_id", "retrouver la personne dans le fichier du centre", **ROOM),
        Line("extra_time_percent", "calculer l’heure de fin, sans la raison", **ROOM),
        Line("sort_key identity_key", "trier, ne pas inscrire deux fois", **HIDDEN),
        Line(
            "state authorized_until lapse_told asks_start_at asks_resume_at question"
            " question_opened_at ended_at ended_by end_reason warned_minutes overtime_at",
            "savoir où en est le test",
            **ROOM,
        ),
        Line("away_since lost_since away_together", "rendre le temps perdu", **ROOM),
        Line("row_version unseen_version unseen_since", "tenir les écrans à jour", **HIDDEN),
        Line("claimed_by claimed_at", "dire quel surveillant s’en occupe", **ROOM),
        Line("seat waiting_seat node", "reconnaître le navigateur de la place", **HIDDEN),
    ],
    "candidates.Node": [
        Line("id name seen_at", "savoir quels serveurs répondent", **SITE),
    ],
    "candidates.Timer": [
        Line(
            "id candidate started_at duration_minutes extra_time_percent ends_at paused_seconds"
            " ended_at",
            "mesurer le temps du test",
            **ROOM,
        ),
    ],
    "candidates.TimeGrant": [
        Line(
            "id candidate seconds reason author granted_at undone_at undone_by",
            "rendre compte du temps ajouté",
            **ROOM,
        ),
    ],
    "candidates.Answer": [
        Line(
            "id candidate question value late saved_at",
            "garder les réponses du test",
            Kept.LIVE,
            Seen.NOBODY,
        ),
    ],
    "incidents.Alert": [
        Line(
            "id candidate question subject text raised_at closed_at outcome closed_by reply",
            "traiter le problème signalé",
            **ROOM,
        ),
    ],
    "incidents.Incident": [
        Line(
            "id session candidate category question text occurred_at noted_at author alert"
            " corrects withdrawn",
            "établir le procès-verbal",
            **ROOM,
        ),
    ],
    "incidents.Remark": [
        Line(
            "id session author text version changed_at",
            "garder les mots du surveillant pour le procès-verbal",
            **ROOM,
        ),
    ],
    "incidents.IncidentReport": [
        Line(
            "id session signed_name signed_role signed_by signed_at journal_digest pdf pdf_sha256",
            "conserver le procès-verbal signé",
            **ROOM,
        ),
    ],
    "account.EmailAddress": [
        Line("id user email verified primary", "vérifier l’adresse du compte", **MINE),
    ],
    "account.EmailConfirmation": [
        Line("id email_address created sent key", "vérifier l’adresse du compte", **MINE),
    ],
    "mfa.Authenticator": [
        Line(
            "id user type data created_at last_used_at",
            "demander une seconde preuve à la connexion",
            **MINE,
        ),
    ],
    "socialaccount.SocialAccount": [
        Line(
            "id user provider uid last_login date_joined extra_data",
            "reconnaître la personne que son organisation a reconnue",
            **MINE,
        ),
    ],
    "socialaccount.SocialApp": [
        Line(
            "id provider provider_id name client_id secret key settings",
            "rien : les fournisseurs viennent des réglages, la table reste vide",
            **SITE,
        ),
    ],
    "socialaccount.SocialToken": [
        Line(
            "id app account token token_secret expires_at",
            "rien : aucun jeton n’est gardé, la table reste vide",
            **SITE,
        ),
    ],
    "usersessions.UserSession": [
        Line(
            "id user created_at ip last_seen_at session_key user_agent data",
            "montrer ses connexions ouvertes, les fermer",
            Kept.PRESENCE,
            Seen.OWNER,
        ),
    ],
    "sessions.Session": [
        Line(
            "session_key session_data expire_date",
            "garder la connexion, la place et la langue choisie",
            Kept.LOGIN,
            Seen.NOBODY,
        ),
    ],
    "admin.LogEntry": [
        Line(
            "id action_time user content_type object_id object_repr action_flag change_message",
            "savoir qui a changé quoi dans l’administration",
            Kept.SECURITY,
            Seen.SITE,
        ),
    ],
    "auth.Permission": [Line("id name content_type codename", "nommer les droits", **SITE)],
    "auth.Group": [Line("id name", "nommer les groupes", **SITE)],
    "auth.Group_permissions": [
        Line("id group permission", "décider des droits d’un groupe", **SITE)
    ],
    "contenttypes.ContentType": [Line("id app_label model", "nommer les tables", **SITE)],
}
