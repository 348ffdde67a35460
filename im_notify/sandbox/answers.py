"""What the provider answers, before anybody decides how it looks on the wire."""

# the texts are Turkish, with its dotless i

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

MESSAGES = {
    200: "İşlem başarılı",
    400: "İstek çözümlenemedi",
    401: "Üyelik bilgileri hatalı",
    402: "Bakiye yetersiz",
    404: "API istek yapılan yönteme sahip değil",
    450: "Gönderilen başlık kullanıma uygun değil",
    451: "Tekrar eden sipariş",
    452: "Mesaj alıcıları hatalı",
    453: "Sipariş boyutu aşıldı",
    454: "Mesaj metni boş",
    455: "Sipariş bulunamadı",
    456: "Sipariş gönderim tarihi henüz gelmedi",
    457: "Mesaj gönderim tarihinin formatı hatalı",
    458: "Tarih aralığı hatalı.",
    459: "Mesaj başlığı boş",
    460: "Mesaj başlığı 11 karakterden uzun ya da Türkçe karakter içeriyor",
    464: "Sayfa değeri 1'den başlamalı",
    468: "İYS sorgusu yapılıp yapılmayacağı belirtilmeli",
    469: "İYS listesi BIREYSEL ya da TACIR olarak seçilmeli",
    470: "Hesabınızda İYS kodu tanımlı değil",
    503: "Sunucu geçici olarak servis dışı",
}
"""Every code the sandbox answers with, and its Turkish text."""


class RefusedError(Exception):
    """Ends a call with one of the provider's codes."""

    def __init__(self, code: int) -> None:
        """Carry the provider's code."""
        super().__init__(MESSAGES[code])
        self.code = code


@dataclass(frozen=True, slots=True)
class NewOrder:
    """The reply to send-sms: nothing but the order's number."""

    id: int


@dataclass(frozen=True, slots=True)
class Summary:
    """An order at one moment; times are seconds since the epoch, price is in SMS credits."""

    id: int
    status: int
    total: int
    delivered: int
    undelivered: int
    waiting: int
    submit_at: float
    send_at: float
    sender: str
    price: int


@dataclass(frozen=True, slots=True)
class OneReport:
    """The reply to get-report: the order, and one page of (ten digits, 110 to 112)."""

    order: Summary
    rows: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class OrderList:
    """The reply to get-reports: how many orders the range holds, and one page of them."""

    count: int
    orders: tuple[Summary, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """The reply to get-balance, in SMS credits."""

    sms: int


@dataclass(frozen=True, slots=True)
class Senders:
    """The reply to get-sender."""

    names: tuple[str, ...]


Payload: TypeAlias = NewOrder | OneReport | OrderList | Balance | Senders | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A code of the provider and, with 200, what comes along."""

    code: int = 200
    payload: Payload = None
