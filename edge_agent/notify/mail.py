"""Messages by mail: the standard library's SMTP in a thread of its own, because a mail server may take its time."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate

from config.channels import SmtpSettings
from edge_agent.notify.channel import NotSent
from edge_agent.notify.notice import Notice

_SUBJECT = 80


class Mail:
    """One mail server. ``context`` says whom to believe; the system's authorities where none is given."""

    def __init__(self, settings: SmtpSettings, gateway: str, context: ssl.SSLContext | None = None) -> None:
        self._settings, self._gateway, self._context = settings, gateway, context

    async def send(self, notice: Notice, message: str) -> None:
        """See ``Channel.send``."""
        made = EmailMessage()
        made["From"], made["To"] = self._settings.sender, ", ".join(self._settings.to)
        made["Subject"] = " ".join(message.split())[:_SUBJECT]
        made["Date"] = formatdate(notice.at / 1_000_000, localtime=True)
        made["Message-ID"] = f"<{notice.id}@{self._gateway}>"
        made.set_content(message)
        try:
            await asyncio.to_thread(self._deliver, made)
        except smtplib.SMTPAuthenticationError as error:
            raise NotSent("not_authorized") from error
        except smtplib.SMTPNotSupportedError as error:
            raise NotSent("no_tls") from error
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise NotSent(f"smtp_{max(codes, default=0)}", final=min(codes, default=0) >= 500) from error
        except smtplib.SMTPResponseException as error:
            raise NotSent(f"smtp_{error.smtp_code}", final=error.smtp_code >= 500) from error
        except TimeoutError as error:
            raise NotSent("timeout") from error
        except ssl.SSLCertVerificationError as error:
            raise NotSent("bad_certificate") from error
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent("cannot_connect") from error

    async def close(self) -> None:
        """See ``Channel.close``; nothing is held between messages."""

    def _deliver(self, made: EmailMessage) -> None:
        settings = self._settings
        context = self._context or ssl.create_default_context() if settings.tls != "none" else None
        server: smtplib.SMTP
        if settings.tls == "tls":
            server = smtplib.SMTP_SSL(settings.host, settings.port, timeout=settings.timeout_s, context=context)
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_s)
        with server:
            if settings.tls == "starttls":
                server.starttls(context=context)
            if settings.password is not None:
                server.login(settings.username, settings.password.reveal())
            server.send_message(made)
