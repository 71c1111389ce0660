"""Picture files to grey pages, bounded: only the formats a scanner or a screen makes, never more pixels than allowed.

Loaded only with the OCR extra (needs Pillow and numpy). Runs in the cage; every decoder is loaded with this module.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

FORMATS: Final = tuple(
    plugin.format
    for plugin in (
        PngImagePlugin.PngImageFile,
        JpegImagePlugin.JpegImageFile,
        TiffImagePlugin.TiffImageFile,
        GifImagePlugin.GifImageFile,
        BmpImagePlugin.BmpImageFile,
        WebPImagePlugin.WebPImageFile,
        MpoImagePlugin.MpoImageFile,
    )
)
DECODED_BYTES_MAX: Final = 160 << 20
"""What one page may take as it is decoded: A4 at 600 dpi in colour, an A0 drawing in black and white."""
PAGE_PIXELS_MAX: Final = 16_000_000
"""Larger pages are made smaller before they are read: 600 dpi of A4 becomes 300."""
_BYTES: Final = {"1": 2, "L": 1, "LA": 4, "P": 5, "PA": 8, "RGB": 4, "RGBA": 4, "CMYK": 4, "YCbCr": 4, "I;16": 2}
"""Bytes a pixel takes as it is decoded, and as it is turned into another mode where its own cannot be made smaller."""
_BYTES_OTHERWISE: Final = 8
_REDUCIBLE: Final = frozenset({"L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16"})
_ORIENTATION: Final = 0x0112

# The bound is ours and comes before anything is decoded; Pillow's own only warns.
Image.MAX_IMAGE_PIXELS = None


class TooLarge(Exception):  # noqa: N818 - an outcome: the picture is left unread and the verdict says so
    """A page that would take more memory than a child has."""


class Damaged(Exception):  # noqa: N818 - as above
    """A page that cannot be decoded, not even in part."""


class Picture:
    """An open picture file of one or more pages. Raises Damaged when it is none that can be read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._image = self._open()
        # Frames of an animation are not pages.
        is_paged = self._image.format == "TIFF"
        self.damaged = False
        try:
            self.pages = int(getattr(self._image, "n_frames", 1)) if is_paged else 1
        except Exception:  # noqa: BLE001 - counting walks the file and meets whatever it holds
            self.pages, self.damaged = 1, True

    def page(self, number: int) -> NDArray[np.uint8]:
        """Page ``number`` (from 0) in grey, upright by its own word. Sets ``damaged`` when only a part of it came.

        Raises TooLarge, Damaged.
        """
        try:
            return self._grey(number)
        except (TooLarge, MemoryError):
            raise
        except Exception:  # noqa: BLE001 - decoders raise many things for broken data
            self.damaged = True
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            self._image = self._open()
            return self._grey(number)
        except (TooLarge, MemoryError):
            raise
        except Exception as error:
            raise Damaged from error
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False

    def _open(self) -> Image.Image:
        self._file.seek(0)
        try:
            return Image.open(self._file, formats=[name for name in FORMATS if name])
        except MemoryError:
            raise
        except Exception as error:
            raise Damaged from error

    def _grey(self, number: int) -> NDArray[np.uint8]:
        image = self._image
        if number:
            image.seek(number)
        wide = _shrink_factor(image.width * image.height)
        if wide > 1 and image.format in {"JPEG", "MPO"}:
            image.draft("RGB" if image.mode != "L" else "L", (image.width // wide, image.height // wide))
        if image.width * image.height * _BYTES.get(image.mode, _BYTES_OTHERWISE) > DECODED_BYTES_MAX:
            raise TooLarge
        image.load()
        # After loading: what turns pictures as it decodes them takes the note away.
        orientation = image.getexif().get(_ORIENTATION, 1)
        if image.mode in _REDUCIBLE and "transparency" not in image.info:
            pixels = darkest(plain(_smaller(image)))
        else:
            pixels = darkest(_smaller(plain(image)))
        if self.pages == 1:
            # Its pixels are the largest thing in the process and nobody asks for them again.
            image.close()
            self._image = Image.new("1", (1, 1))
        return upright(pixels, orientation)


def plain(image: Image.Image) -> Image.Image:
    """The picture in grey or RGB, on white paper where it is transparent."""
    if image.mode in {"L", "RGB"}:
        return image
    if image.mode.startswith(("I", "F")):
        return _stretched(image)
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layer = image.convert("RGBA")
        paper = Image.new("RGB", image.size, (255, 255, 255))
        paper.paste(layer, mask=layer.getchannel("A"))
        return paper
    return image.convert("L" if image.mode == "1" else "RGB")


def upright(pixels: NDArray[np.uint8], orientation: object) -> NDArray[np.uint8]:
    """The page as the camera or scanner says it was held (EXIF's eight orientations)."""
    if orientation in {2, 4, 5, 7}:
        pixels = pixels[:, ::-1]
    turns = {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}.get(orientation, 0) if isinstance(orientation, int) else 0
    return np.ascontiguousarray(np.rot90(pixels, turns))


def darkest(image: Image.Image) -> NDArray[np.uint8]:
    """Grey by the darkest of the three colours: red ink on white paper is as black as black."""
    pixels = np.asarray(image)
    return pixels if pixels.ndim == 2 else pixels.min(axis=2)


def from_bytes(pixels: bytes, width: int, height: int) -> NDArray[np.uint8]:
    """A rendered page: one byte (grey) or three (RGB) a pixel, rows without padding."""
    mode = "L" if len(pixels) == width * height else "RGB"
    return darkest(_smaller(Image.frombytes(mode, (width, height), pixels)))


def specimens() -> Iterator[NDArray[np.uint8]]:
    """A small page through every decoder there is, the last one with something like a word on it."""
    paper = Image.new("RGB", (96, 96), (255, 255, 255))
    turned = Image.Exif()
    turned[_ORIENTATION] = 6
    formats: tuple[tuple[str, dict[str, Any]], ...] = (
        ("PNG", {"exif": turned}), ("JPEG", {"exif": turned}), ("GIF", {}), ("BMP", {}), ("WEBP", {"exif": turned}),
        ("TIFF", {"compression": "tiff_lzw"}), ("TIFF", {"compression": "jpeg"}), ("TIFF", {"compression": "group4"}),
    )  # fmt: skip
    for name, settings in formats:
        file = io.BytesIO()
        specimen = paper.convert("1") if settings.get("compression") == "group4" else paper
        specimen.save(file, name, **settings)
        yield Picture(file).page(0)
    word = Image.new("L", (640, 320), 255)
    word.paste(0, (60, 40, 100, 70))
    word.paste(0, (110, 40, 160, 70))
    yield np.asarray(word)


def _stretched(image: Image.Image) -> Image.Image:
    """Sixteen bits and more: from the darkest to the lightest that occurs."""
    values = np.asarray(image).astype(np.float32)
    low, high = float(values.min()), float(values.max())
    if not high > low:
        return Image.new("L", image.size, 255)
    return Image.fromarray(((values - low) * (255.0 / (high - low))).astype(np.uint8))


def _smaller(image: Image.Image) -> Image.Image:
    factor = _shrink_factor(image.width * image.height)
    return image.reduce(factor) if factor > 1 else image


def _shrink_factor(pixels: int) -> int:
    factor = 1
    while pixels > PAGE_PIXELS_MAX * factor * factor:
        factor += 1
    return factor
