from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase, override_settings
from django.urls import reverse
from PIL import Image

User = get_user_model()

PASSWORD = "correct horse battery staple"


def picture(format="PNG", size=(300, 200), name="me.png"):
    file = BytesIO()
    Image.new("RGB", size, "teal").save(file, format)
    return SimpleUploadedFile(name, file.getvalue())


class SignUpTests(TestCase):
    def sign_up(self, **data):
        data = {"username": "ada", "password1": PASSWORD, "password2": PASSWORD} | data
        return self.client.post(reverse("accounts:sign-up"), data)

    def test_a_new_member_is_logged_in_and_has_a_profile(self):
        self.assertRedirects(self.sign_up(), reverse("boards:front-page"))
        member = User.objects.get(username="ada")
        self.assertEqual(self.client.session["_auth_user_id"], str(member.pk))
        self.assertEqual(member.profile.bio, "")

    def test_it_leads_back_to_where_the_visitor_was(self):
        board = reverse("boards:board", args=["general"])
        page = self.client.get(reverse("accounts:sign-up"), {"next": board})
        self.assertEqual(page.context["next"], board)
        self.assertRedirects(self.sign_up(next=board), board)

    def test_it_leads_nowhere_else(self):
        self.assertRedirects(
            self.sign_up(next="https://elsewhere.example/"), reverse("boards:front-page")
        )

    def test_names_differ_by_more_than_case(self):
        User.objects.create_user("Ada")
        self.assertContains(self.sign_up(), "already exists")


class ProfileTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.ada = User.objects.create_user("ada")

    def setUp(self):
        self.client.force_login(self.ada)

    def save(self, **data):
        with self.captureOnCommitCallbacks(execute=True):
            response = self.client.post(reverse("accounts:edit"), data)
        self.ada.profile.refresh_from_db()
        return response

    def stored_files(self):
        return {path.name for path in Path(settings.MEDIA_ROOT, "avatars").glob("*")}

    def test_visitors_have_no_profile_to_edit(self):
        self.client.logout()
        self.assertEqual(self.client.get(reverse("accounts:edit")).status_code, 302)

    def test_an_avatar_becomes_a_small_square_under_a_random_name(self):
        for format in ("PNG", "JPEG", "GIF", "WEBP"):
            with self.subTest(format):
                response = self.save(avatar=picture(format), bio="Countess")
                self.assertRedirects(response, reverse("accounts:member", args=["ada"]))
                avatar = self.ada.profile.avatar
                self.assertRegex(avatar.name, r"^avatars/[0-9a-f]{32}\.webp$")
                with Image.open(avatar.path) as stored:
                    self.assertEqual((stored.format, stored.size), ("WEBP", (256, 256)))
        page = self.client.get(reverse("accounts:member", args=["ada"]))
        self.assertContains(page, avatar.url)
        self.assertContains(page, "Countess")

    def test_a_new_avatar_replaces_the_file_of_the_old_one(self):
        others = self.stored_files()
        self.save(avatar=picture())
        self.save(avatar=picture())
        [stored] = self.stored_files() - others
        self.assertEqual(self.ada.profile.avatar.name, f"avatars/{stored}")

    def test_an_avatar_can_be_removed(self):
        others = self.stored_files()
        self.save(avatar=picture())
        self.save(remove_avatar="on")
        self.assertFalse(self.ada.profile.avatar)
        self.assertEqual(self.stored_files(), others)

    def test_saving_the_rest_keeps_the_avatar(self):
        self.save(avatar=picture())
        before = self.ada.profile.avatar.name
        self.save(bio="Countess")
        self.assertEqual(self.ada.profile.avatar.name, before)

    def test_what_is_no_picture_is_refused(self):
        svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
        truncated = picture(name="cut.png").read()[:-40]
        for upload in (
            SimpleUploadedFile("me.png", b"not a picture"),
            SimpleUploadedFile("me.svg", svg),
            SimpleUploadedFile("me.png", truncated),
            picture("BMP", name="me.bmp"),
            picture(size=(7000, 10)),
        ):
            with self.subTest(upload.name):
                response = self.save(avatar=upload)
                self.assertTrue(response.context["form"].errors["avatar"])
                self.assertFalse(self.ada.profile.avatar)

    @override_settings(AVATAR_MAX_BYTES=100)
    def test_a_large_file_is_refused(self):
        self.assertContains(self.save(avatar=picture()), "no larger than")


class MemberTests(TestCase):
    def test_unusual_names_have_pages_too(self):
        member = User.objects.create_user("a.b+c@example.com")
        response = self.client.get(member.profile.get_absolute_url())
        self.assertContains(response, "hasn’t written anything yet")
