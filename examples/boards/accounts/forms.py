from functools import partial

from django import forms
from django.conf import settings
from django.contrib.auth.forms import UserCreationForm
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.template.defaultfilters import filesizeformat

from .avatars import FORMATS, MAX_SIDE, make_avatar
from .models import Profile


class SignUpForm(UserCreationForm):
    class Meta(UserCreationForm.Meta):
        fields = ["username"]
        help_texts = {"username": "Letters, digits and @ . + - _"}


class ProfileForm(forms.ModelForm):
    remove_avatar = forms.BooleanField(label="Remove my picture", required=False)

    class Meta:
        model = Profile
        fields = ["avatar", "bio"]
        labels = {"avatar": "Picture"}
        widgets = {
            "avatar": forms.FileInput(
                attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}
            ),
            "bio": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._previous_avatar = self.instance.avatar.name
        limit = filesizeformat(settings.AVATAR_MAX_BYTES)
        self.fields["avatar"].help_text = f"JPEG, PNG, WebP or GIF, up to {limit}."
        if not self._previous_avatar:
            del self.fields["remove_avatar"]

    def clean_avatar(self):
        upload = self.cleaned_data["avatar"]
        if not isinstance(upload, UploadedFile):
            return upload
        if upload.size > settings.AVATAR_MAX_BYTES:
            limit = filesizeformat(settings.AVATAR_MAX_BYTES)
            raise ValidationError(f"The picture must be no larger than {limit}.", code="too_large")
        if upload.image.format not in FORMATS:
            raise ValidationError("Choose a JPEG, PNG, WebP or GIF picture.", code="format")
        if max(upload.image.size) > MAX_SIDE:
            raise ValidationError(
                f"The picture must be at most {MAX_SIDE} pixels wide and high.", code="dimensions"
            )
        try:
            return make_avatar(upload)
        except (OSError, ValueError):
            raise ValidationError("The picture is damaged.", code="damaged") from None

    def save(self, commit=True):
        if self.cleaned_data.get("remove_avatar") and "avatar" not in self.changed_data:
            self.instance.avatar = ""
        profile = super().save(commit)
        if self._previous_avatar and self._previous_avatar != profile.avatar.name:
            delete = partial(profile.avatar.storage.delete, self._previous_avatar)
            transaction.on_commit(delete, robust=True)
        return profile
