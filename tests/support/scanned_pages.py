"""Pages as a scanner gives them: rendered with a font of Debian's, then turned, spotted and squeezed."""

import io
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont

_FONTS = Path("/usr/share/fonts/opentype/noto")
_PROSE = "各单位要认真贯彻落实会议精神，按照统一部署，结合本单位实际制定具体办法，明确责任分工，确保各项工作按期完成。"
_INCH_MM = 25.4
_SIMPLIFIED, _TRADITIONAL = 2, 3


@dataclass(frozen=True)
class Page:
    """A4. ``mark`` stands where GB/T 9704 wants it, ``bottom`` in the middle of the foot."""

    mark: str = ""
    bottom: str = ""
    dpi: int = 150
    points: int = 16
    ink: tuple[int, int, int] = (0, 0, 0)
    rotate: float = 0.0
    noise: int = 0
    quality: int = 0
    at_mm: tuple[int, int] = (28, 47)
    head: str = "000001"
    title: str = "关于做好年度工作的通知"


def font(points: float, dpi: float, *, serif: bool = False, traditional: bool = False) -> ImageFont.FreeTypeFont:
    path = _FONTS / ("NotoSerifCJK-Bold.ttc" if serif else "NotoSansCJK-Regular.ttc")
    if not path.exists():
        pytest.skip("fonts-noto-cjk is not installed")
    return ImageFont.truetype(str(path), round(points * dpi / 72), index=_TRADITIONAL if traditional else _SIMPLIFIED)


def render(page: Page) -> Image.Image:
    size = round(8.27 * page.dpi), round(11.69 * page.dpi)
    image = Image.new("RGB", size, (255, 255, 255))
    draw = ImageDraw.Draw(image)

    def mm(value: float) -> float:
        return value / _INCH_MM * page.dpi

    plain = font(16, page.dpi, serif=True)
    marked = font(page.points, page.dpi, traditional=any(c in "機絕長" for c in page.mark))
    draw.text((mm(28), mm(37)), page.head, fill=0, font=plain)
    draw.text((mm(page.at_mm[0]), mm(page.at_mm[1])), page.mark, fill=page.ink, font=marked)
    draw.text((mm(60), mm(100)), page.title, fill=0, font=font(22, page.dpi, serif=True))
    text = _PROSE * 8
    for row in range(12):
        draw.text((mm(28), mm(125 + row * 10)), text[row * 28 : row * 28 + 28], fill=0, font=plain)
    draw.text((mm(105) - draw.textlength(page.bottom, font=plain) / 2, mm(275)), page.bottom, fill=0, font=plain)
    return _worn(image, page)


def watermarked(image: Image.Image, text: str, *, degrees: float = 45.0, grey: int = 200) -> Image.Image:
    """The page with large faint words over it."""
    face = font(110, image.width / 8.27)
    layer = Image.new("L", image.size, 0)
    draw = ImageDraw.Draw(layer)
    middle = image.width / 2, image.height / 2
    draw.text((middle[0] - draw.textlength(text, font=face) / 2, middle[1] - face.size), text, fill=255, font=face)
    layer = layer.rotate(degrees, Image.Resampling.BICUBIC, center=middle)
    paper = Image.new("RGB", image.size, (grey, grey, grey))
    return Image.composite(ImageChops.darker(image, paper), image, layer)


def _worn(image: Image.Image, page: Page) -> Image.Image:
    if page.rotate:
        image = image.rotate(page.rotate, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))
    if page.noise:
        spots = Image.effect_noise(image.size, page.noise).convert("RGB")
        image = ImageChops.add(image, spots, offset=-128)
    if page.quality:
        image = Image.open(io.BytesIO(encoded(image, "JPEG", quality=page.quality)))
        image.load()
    return image


def encoded(image: Image.Image, kind: str = "PNG", **settings) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **settings)
    return buffer.getvalue()
