from django.apps import apps
from django.contrib.admin import site
from django.contrib.auth import get_user_model
from django.test import TestCase
from django.urls import reverse

from boards import services
from boards.jobs import notify_participants
from boards.models import Board, Topic

User = get_user_model()


class AdminTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.admin = User.objects.create_superuser("admin")
        cls.ada = User.objects.create_user("ada")
        cls.topic = services.start_topic(Board.objects.first(), cls.ada, "Engines", "Analytical.")
        notify_participants(services.post_reply(cls.topic, cls.admin, "Indeed.").pk)

    def setUp(self):
        self.client.force_login(self.admin)

    def test_every_model_can_be_listed_and_looked_at(self):
        for app in ("accounts", "auth", "boards"):
            for model in filter(site.is_registered, apps.get_app_config(app).get_models()):
                prefix = f"admin:{app}_{model._meta.model_name}"
                urls = [reverse(f"{prefix}_changelist")]
                if item := model.objects.first():
                    urls.append(reverse(f"{prefix}_change", args=[item.pk]))
                for url in urls:
                    with self.subTest(url):
                        self.assertEqual(self.client.get(url).status_code, 200)

    def test_topics_are_closed_and_reopened(self):
        for action, closed in (("close", True), ("reopen", False)):
            self.client.post(
                reverse("admin:boards_topic_changelist"),
                {"action": action, "_selected_action": [self.topic.pk]},
            )
            self.assertIs(Topic.objects.get(pk=self.topic.pk).is_closed, closed)

    def test_a_member_added_here_has_a_profile(self):
        self.client.post(
            reverse("admin:auth_user_add"), {"username": "grace", "usable_password": "false"}
        )
        self.assertEqual(User.objects.get(username="grace").profile.bio, "")
