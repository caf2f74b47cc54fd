"""Asks a gateway, by the SDK, which models it has and when they end: free, and nobody waits for it."""

from __future__ import annotations

import logging
import re

from bot.config import Gateway

log = logging.getLogger(__name__)

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


async def shutdown_days(gateway: Gateway) -> dict[str, str]:
    """The day (YYYY-MM-DD) on which each model ends, where the gateway says so; nothing when it does not answer."""
    import openai  # here, as it takes a second and is wanted once a day

    key = gateway.key.get_secret_value() if gateway.key else "none"
    headers = {"Authorization": f"Bearer {key}"}
    try:
        async with openai.AsyncOpenAI(
            api_key=key, base_url=gateway.base_url, timeout=30, max_retries=1, default_headers=headers
        ) as client:
            client.organization = client.project = None  # passing None would read the environment
            return {
                model.id: day
                async for model in client.models.list()
                if _DAY.fullmatch(day := str(getattr(model, "shutdown_date", "") or ""))
            }
    except (openai.OpenAIError, ValueError, TypeError, AttributeError) as error:
        log.info("gateway %s does not list its models: %s", gateway.name, type(error).__name__)
        return {}
