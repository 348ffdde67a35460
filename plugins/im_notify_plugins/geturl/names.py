"""Which parameter was meant: the provider's names and what people write in their place."""

from __future__ import annotations

from im_notify_plugins.iletimerkezi.getform import PARAMETERS

_WRITTEN_FOR = {
    "key": "apikey api_key api-key username user publickey public_key access_key kullanici",
    "hash": "apihash api_hash api-hash secret secretkey password pass pwd token signature sifre",
    "text": "message messages msg body content sms smstext mesaj metin txt",
    "receipents": (
        "recipients recipient receipent receivers receiver recepients recepient receipients "
        "recipents recipent recievers to number numbers phone phones phonenumber gsm gsmno mobile "
        "msisdn dest destination tel telefon numara no alici"
    ),
    "sender": "originator from title header senderid sender_id sendername baslik gonderen",
    "iys": "is_iys isiys iys_status consent",
    "iysList": "iys_list iys-list iyslistesi list recipienttype recipient_type",
}
_MEANT = {wrong: right for right, wrongs in _WRITTEN_FOR.items() for wrong in wrongs.split()}
_ANY_CASE = {name.lower(): name for name in PARAMETERS}


def meant(name: str) -> str | None:
    """Return the parameter that `name` stands for, None when nobody could tell."""
    plain = name.lower().removesuffix("[]")
    return _ANY_CASE.get(plain) or _MEANT.get(plain)
