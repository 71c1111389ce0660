"""Every format and colour a scanner makes becomes a grey page the right way up; bombs do not become anything."""

import io
import struct
import zlib

import pytest

numpy = pytest.importorskip("numpy")
Image = pytest.importorskip("PIL.Image")

from gapwatch_agent.inspector import ocr_picture  # noqa: E402 - after the extra was looked for
from gapwatch_agent.inspector.ocr_picture import Damaged, Picture, TooLarge  # noqa: E402
from support.pictures import png_chunk  # noqa: E402
from support.scanned_pages import encoded  # noqa: E402


def _drawn(mode="RGB"):
    """White, 40 by 20, the upper left quarter black."""
    image = Image.new("RGB", (40, 20), (255, 255, 255))
    image.paste((0, 0, 0), (0, 0, 20, 10))
    return image.convert(mode)


def _grey(content, number=0):
    return Picture(io.BytesIO(content)).page(number)


def _is_drawn(page):
    assert page.dtype == numpy.uint8
    assert page.shape == (20, 40)
    return bool(page[2:8, 2:18].max() < 60 and page[12:18].min() > 200 and page[2:8, 22:38].min() > 200)


@pytest.mark.parametrize(
    ("kind", "mode", "settings"),
    [
        *(("PNG", mode, {}) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")),
        *(("JPEG", mode, {"quality": 95}) for mode in ("L", "RGB", "CMYK")),
        *(("TIFF", "1", {"compression": name}) for name in ("group3", "group4", "packbits", "tiff_lzw")),
        *(("TIFF", mode, {"compression": "tiff_lzw"}) for mode in ("L", "P", "RGB", "CMYK", "RGBA")),
        ("TIFF", "RGB", {"compression": "jpeg"}),
        ("GIF", "P", {}),
        ("BMP", "RGB", {}),
        ("BMP", "1", {}),
        ("WEBP", "RGB", {"lossless": True}),
        ("WEBP", "RGBA", {"lossless": True}),
    ],
)
def test_formats_and_colours(kind, mode, settings):
    assert _is_drawn(_grey(encoded(_drawn(mode), kind, **settings)))


def test_sixteen_bits_of_grey():
    values = (numpy.asarray(_drawn("L")).astype(numpy.uint16) * 16) + 100
    assert _is_drawn(_grey(encoded(Image.fromarray(values))))


def test_what_is_transparent_is_white_paper():
    image = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 20, 10))
    assert _is_drawn(_grey(encoded(image)))


def test_red_ink_is_as_black_as_black():
    image = Image.new("RGB", (40, 20), (255, 255, 255))
    image.paste((230, 20, 30), (0, 0, 20, 10))
    assert _is_drawn(_grey(encoded(image)))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG"])
def test_the_orientation_a_camera_notes(orientation, kind):
    undo = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    image = _drawn()
    for step in undo.get(orientation, []):
        image = image.transpose(step)
    noted = Image.Exif()
    noted[0x0112] = orientation
    assert _is_drawn(_grey(encoded(image, kind, exif=noted)))


def test_pages_of_a_tiff_but_not_frames_of_an_animation():
    others = [Image.new("L", (40, 20), 0), _drawn("L")]
    paged = Picture(io.BytesIO(encoded(_drawn("L"), "TIFF", save_all=True, append_images=others)))
    assert paged.pages == 3
    assert _is_drawn(paged.page(0))
    assert paged.page(1).max() == 0
    assert _is_drawn(paged.page(2))
    assert Picture(io.BytesIO(encoded(_drawn("P"), "GIF", save_all=True, append_images=[_drawn("P")]))).pages == 1


def test_large_pages_are_made_smaller():
    page = _grey(encoded(Image.new("L", (6000, 6000), 255)))
    assert page.shape == (3000, 3000)
    page = _grey(encoded(Image.new("RGB", (6000, 6000), (255, 255, 255)), "JPEG"))
    assert page.shape[0] <= 3000


def test_a_bomb_is_too_large_before_it_is_decoded():
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + head + png_chunk(b"IDAT", zlib.compress(b"")) + png_chunk(b"IEND", b"")
    with pytest.raises(TooLarge):
        _grey(content)


def test_what_was_cut_off_gives_its_first_part_and_says_so():
    image = Image.effect_noise((400, 400), 60)
    image.paste(0, (0, 0, 400, 40))
    for kind in ("PNG", "JPEG"):
        content = encoded(image, kind)
        picture = Picture(io.BytesIO(content[: len(content) // 2]))
        page = picture.page(0)
        assert picture.damaged
        assert page.shape == (400, 400)
        assert page[5:30].max() < 60


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"GIF89a"])
def test_what_is_no_picture_of_ours_is_damaged(content):
    with pytest.raises(Damaged):
        _grey(content)


def test_rendered_bytes():
    assert _is_drawn(ocr_picture.from_bytes(_drawn("L").tobytes(), 40, 20))
    assert _is_drawn(ocr_picture.from_bytes(_drawn("RGB").tobytes(), 40, 20))


def test_specimens_go_through_every_decoder():
    assert len(list(ocr_picture.specimens())) == 9
