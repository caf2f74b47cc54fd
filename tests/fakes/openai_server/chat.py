"""Chat completions that answer with a picture, as some gateways offer image models."""

from __future__ import annotations

from collections.abc import Mapping

from tests.fakes.openai_server.answers import b64, tokens
from tests.fakes.openai_server.dialect import Dialect
from tests.fakes.openai_server.faults import ApiError, Fault, missing
from tests.fakes.openai_server.orders import Order, check_prompt
from tests.fakes.openai_server.recorded import Recorded, objects
from tests.fakes.openai_server.uploads import MEDIA, check_images, digest, pictures_of


def order_of(recorded: Recorded, dialect: Dialect) -> Order:
    """The last user message is the prompt; every picture of the conversation counts as an input."""
    fields = recorded.fields
    model = str(fields.get("model") or "")
    if not model:
        raise missing("model")
    dialect.check_model(model, draws=False)
    if fields.get("stream"):
        raise ApiError(400, "invalid_value", "This server does not stream chat completions.", param="stream")
    prompt = _prompt(fields)
    check_prompt(prompt)
    images = pictures_of(recorded.files)
    check_images(images, least=0)
    return Order(
        prompt=prompt, model=model, size="1024x1024", quality="medium", background="auto", output_format="png", n=1,
        stream=False, partials=0, images=len(images), inputs=digest(images),
    )  # fmt: skip


def _prompt(fields: Mapping[str, object]) -> str:
    messages = [message for message in objects(fields.get("messages")) if message.get("role") == "user"]
    if not messages:
        raise missing("messages")
    prompt = text_of(messages[-1].get("content"), "text")
    if not prompt:
        raise ApiError(400, "invalid_value", "The last user message has no text.", param="messages")
    return prompt


def text_of(content: object, kind: str) -> str:
    """Content as one text: a string, or the parts of type `kind`."""
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text", "")) for part in objects(content) if part.get("type") == kind)


def completion(order: Order, pictures: list[bytes], fault: Fault, address: str) -> dict[str, object]:
    text, image, out = tokens(order, fault)
    out = out if pictures else min(out, 8)
    counts = {"prompt_tokens": text + image, "completion_tokens": out, "total_tokens": text + image + out}
    message = {"role": "assistant", **_said(pictures, fault, address)}
    return {
        "id": "chatcmpl-loopback",
        "object": "chat.completion",
        "created": 1,
        "model": order.model,
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        **({} if fault.name == "no_usage" else {"usage": counts}),
    }


def _said(pictures: list[bytes], fault: Fault, address: str) -> dict[str, object]:
    if fault.name == "chat_words":
        return {"content": "I cannot draw that."}
    urls = [f"data:{MEDIA['png']};base64,{b64(picture)}" for picture in pictures]
    parts: list[dict[str, object]] = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    match fault.name:
        case "chat_markdown":
            return {"content": "Here: " + " ".join(f"![image]({url})" for url in urls)}
        case "chat_markdown_url":
            return {"content": f"![image]({address})"}
        case "chat_parts":
            if fault.value == "output_image":
                parts = [{"type": "output_image", "b64_json": b64(picture)} for picture in pictures]
            return {"content": [{"type": "text", "text": "Here you are."}, *parts]}
    return {"content": "Here you are.", "images": parts}
