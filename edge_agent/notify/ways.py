"""Makes the channel that settings describe; what a kind of channel needs is loaded by the first of its kind only."""

from config.channels import BrokerSettings, ChannelSettings, SmtpSettings, WebhookSettings
from edge_agent.notify.channel import Channel, MakeChannel
from edge_agent.telling import Targets
from runtime.clock import Clock


def real_channels(gateway: str, site: str, targets: Targets, clock: Clock) -> MakeChannel:
    """Return what makes the channels of this gateway."""

    def make(settings: ChannelSettings) -> Channel:
        if isinstance(settings, WebhookSettings):
            from edge_agent.notify.webhook import Webhook

            return Webhook(settings, gateway, site, clock)
        if isinstance(settings, SmtpSettings):
            from edge_agent.notify.mail import Mail

            return Mail(settings, gateway)
        if isinstance(settings, BrokerSettings):
            from edge_agent.notify.board import Board

            return Board(settings, gateway, clock)
        from edge_agent.notify.device import DeviceChannel

        return DeviceChannel(settings, targets, clock)

    return make
