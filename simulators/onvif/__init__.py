"""Pretend ONVIF cameras and door stations, written from the specifications; no driver and no SOAP library here."""
