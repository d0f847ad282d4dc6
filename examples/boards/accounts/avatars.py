"""Turning an uploaded picture into an avatar."""

from io import BytesIO

from django.core.files.base import ContentFile
from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MAX_SIDE = 6000
SIZE = (256, 256)


def make_avatar(upload):
    """
    Return the picture cropped to a square WebP file.

    Re-encoding drops whatever else the upload carried, such as the place a photo was taken at.
    Raises OSError or ValueError for a file whose pixels can't be decoded.
    """
    upload.seek(0)
    with Image.open(upload, formats=FORMATS) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGBA")
    square = ImageOps.fit(upright, SIZE, Image.Resampling.LANCZOS)
    encoded = BytesIO()
    square.save(encoded, "WEBP", quality=85)
    return ContentFile(encoded.getvalue(), name="avatar.webp")
