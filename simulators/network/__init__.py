"""Networks as bad as the field's: a proxy between two programs whose weather changes while they talk."""

from simulators.network.proxy import Proxy
from simulators.network.thread import ProxyThread
from simulators.network.tls import Authority
from simulators.network.weather import WEATHERS, Flow, Weather

__all__ = ["WEATHERS", "Authority", "Flow", "Proxy", "ProxyThread", "Weather"]
