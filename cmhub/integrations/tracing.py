"""Spans on their way to whoever collects them, by OTLP over HTTP."""

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from cmhub.config import settings
from cmhub.telemetry import start_tracing


def trace_process(service: str) -> bool:
    """Have this process make spans when its figures are wanted, and send them where it is said.

    Returns:
        Whether there are spans now.
    """
    address = settings().otlp_url
    if not settings().watched:
        return False
    senders = [BatchSpanProcessor(OTLPSpanExporter(endpoint=address))] if address else []
    start_tracing(service, *senders)
    return True
