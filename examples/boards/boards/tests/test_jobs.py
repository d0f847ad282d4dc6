from django.contrib.auth import get_user_model
from django.test import TestCase

from boards import services
from boards.jobs import notify_participants
from boards.models import Board, Notification

User = get_user_model()


class NotifyParticipantsTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.ada, cls.grace, cls.edsger = (
            User.objects.create_user(name) for name in ("ada", "grace", "edsger")
        )
        board = Board.objects.get(slug="general")
        cls.topic = services.start_topic(board, cls.ada, "Engines", "Of the analytical kind.")
        services.post_reply(cls.topic, cls.grace, "Tell me more.")

    def recipients(self, post):
        return {notification.recipient for notification in post.notifications.all()}

    def test_everyone_who_wrote_before_hears_of_a_reply_except_its_author(self):
        post = services.post_reply(self.topic, self.grace, "Please.")
        notify_participants(post.pk)
        self.assertEqual(self.recipients(post), {self.ada})

        post = services.post_reply(self.topic, self.edsger, "Me too.")
        notify_participants(post.pk)
        self.assertEqual(self.recipients(post), {self.ada, self.grace})

    def test_inactive_members_are_left_alone(self):
        User.objects.filter(pk=self.ada.pk).update(is_active=False)
        post = services.post_reply(self.topic, self.grace, "Anyone?")
        notify_participants(post.pk)
        self.assertEqual(self.recipients(post), set())

    def test_running_twice_notifies_once(self):
        post = services.post_reply(self.topic, self.grace, "Please.")
        notify_participants(post.pk)
        notify_participants(post.pk)
        self.assertEqual(post.notifications.count(), 1)

    def test_a_post_deleted_meanwhile_is_passed_over(self):
        self.assertEqual(notify_participants(0), 0)
        self.assertFalse(Notification.objects.exists())

    def test_a_reply_enqueues_the_job_when_it_is_committed(self):
        with self.captureOnCommitCallbacks(execute=True):
            post = services.post_reply(self.topic, self.edsger, "Me too.")
            self.assertFalse(post.notifications.exists())
        self.assertEqual(self.recipients(post), {self.ada, self.grace})
