from unittest import mock

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import TestCase
from django.urls import reverse

from boards import front_page, services
from boards.models import Board, Notification, Post, Topic
from boards.views import POSTS_PER_PAGE

User = get_user_model()


class BoardsTestCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.ada = User.objects.create_user("ada")
        cls.grace = User.objects.create_user("grace")
        cls.board = Board.objects.get(slug="general")
        cls.topic = services.start_topic(cls.board, cls.ada, "Engines", "Of the analytical kind.")
        cls.first_post = cls.topic.posts.get()

    def setUp(self):
        front_page.invalidate()

    def url(self, name, *args):
        return reverse(f"boards:{name}", args=args)


class FrontPageTests(BoardsTestCase):
    def test_a_new_forum_has_boards_and_a_welcome(self):
        response = self.client.get(self.url("front-page"))
        for board in Board.objects.all():
            self.assertContains(response, board.name)
        self.assertContains(response, "Welcome to Commons")

    def test_it_counts_topics_and_posts(self):
        services.post_reply(self.topic, self.grace, "Tell me more.")
        services.start_topic(self.board, self.grace, "Compilers", "Why not?")
        [board] = [board for board in front_page.get()["boards"] if board == self.board]
        self.assertEqual((board.topic_count, board.post_count), (2, 3))
        self.assertEqual(board.latest_topic_title, "Compilers")

    def test_boards_come_in_their_order(self):
        Board.objects.create(name="First", slug="first", position=0)
        slugs = [board.slug for board in front_page.get()["boards"]]
        self.assertEqual(slugs[:2], ["first", "announcements"])

    def test_it_comes_from_the_cache(self):
        self.client.get(self.url("front-page"))
        with self.assertNumQueries(0):
            self.client.get(self.url("front-page"))

    def test_a_post_renews_it(self):
        self.client.get(self.url("front-page"))
        with self.captureOnCommitCallbacks(execute=True):
            services.start_topic(self.board, self.grace, "Compilers", "Why not?")
        self.assertContains(self.client.get(self.url("front-page")), "Compilers")

    def test_a_post_is_saved_even_if_the_cache_is_gone(self):
        failing = mock.patch.object(cache, "delete", side_effect=ConnectionError)
        with failing, self.assertLogs("django.test", "ERROR"):
            with self.captureOnCommitCallbacks(execute=True):
                services.start_topic(self.board, self.grace, "Compilers", "Why not?")
        self.assertTrue(Topic.objects.filter(title="Compilers").exists())


class TopicTests(BoardsTestCase):
    def reply(self, body="Tell me more.", **kwargs):
        return self.client.post(self.url("reply", self.topic.pk), {"body": body}, **kwargs)

    def test_a_member_starts_a_topic(self):
        self.client.force_login(self.grace)
        response = self.client.post(
            self.url("new-topic", "general"), {"title": "Compilers", "body": "Why not?"}
        )
        topic = Topic.objects.get(title="Compilers")
        self.assertRedirects(response, topic.get_absolute_url())
        self.assertEqual(topic.posts.get().body, "Why not?")
        self.assertEqual(topic.posts.get().author, self.grace)

    def test_an_empty_message_is_refused(self):
        self.client.force_login(self.grace)
        self.assertContains(self.reply("  \n "), "This field is required.")
        self.assertEqual(self.topic.posts.count(), 1)

    def test_visitors_are_sent_to_log_in(self):
        for name, key in (("new-topic", "general"), ("reply", self.topic.pk)):
            with self.subTest(name):
                url = self.url(name, key)
                response = self.client.post(url, {"title": "Hello", "body": "Hello"})
                self.assertRedirects(response, f"{reverse('accounts:login')}?next={url}")

    def test_a_reply_moves_its_topic_up(self):
        services.start_topic(self.board, self.grace, "Compilers", "Why not?")
        services.post_reply(self.topic, self.grace, "Tell me more.")
        response = self.client.get(self.url("board", "general"))
        titles = [topic.title for topic in response.context["topics"]]
        self.assertEqual(titles, ["Engines", "Compilers"])
        self.assertEqual(response.context["topics"][0].reply_count, 1)
        self.assertEqual(response.context["topics"][0].last_post_by, "grace")

    def test_pinned_topics_stay_on_top(self):
        Topic.objects.filter(pk=self.topic.pk).update(is_pinned=True)
        services.start_topic(self.board, self.grace, "Compilers", "Why not?")
        response = self.client.get(self.url("board", "general"))
        titles = [topic.title for topic in response.context["topics"]]
        self.assertEqual(titles, ["Engines", "Compilers"])

    def test_deleting_the_last_post_takes_its_activity_back(self):
        before = self.topic.last_post_at
        services.post_reply(self.topic, self.grace, "Tell me more.").delete()
        self.topic.refresh_from_db()
        self.assertEqual(self.topic.last_post_at, before)

    def test_a_closed_topic_takes_no_replies(self):
        Topic.objects.filter(pk=self.topic.pk).update(is_closed=True)
        self.client.force_login(self.grace)
        self.assertContains(self.reply(follow=True), "was closed")
        self.assertEqual(self.topic.posts.count(), 1)

    def test_a_reply_leads_to_its_place_on_the_right_page(self):
        posts = [
            services.post_reply(self.topic, self.grace, f"Reply {number}")
            for number in range(POSTS_PER_PAGE)
        ]
        url = self.topic.get_absolute_url()
        for post, page in ((posts[-2], ""), (posts[-1], "?page=2")):
            response = self.client.get(post.get_absolute_url())
            self.assertRedirects(response, f"{url}{page}#{post.anchor}")

    def test_the_posts_of_former_members_stay(self):
        self.ada.delete()
        response = self.client.get(self.topic.get_absolute_url())
        self.assertContains(response, "Of the analytical kind.")
        self.assertContains(response, "a former member")
        self.assertEqual(self.client.get(self.url("board", "general")).status_code, 200)
        self.assertEqual(self.client.get(self.url("front-page")).status_code, 200)

    def test_the_number_of_queries_does_not_grow_with_the_posts(self):
        with self.assertNumQueries(3):
            self.client.get(self.topic.get_absolute_url())
        services.post_reply(self.topic, self.grace, "Tell me more.")
        with self.assertNumQueries(3):
            self.client.get(self.topic.get_absolute_url())


class EditPostTests(BoardsTestCase):
    def edit(self, body):
        return self.client.post(self.url("edit-post", self.first_post.pk), {"body": body})

    def test_members_edit_their_own_posts(self):
        self.client.force_login(self.ada)
        self.edit("Of the difference kind.")
        post = Post.objects.get(pk=self.first_post.pk)
        self.assertEqual(post.body, "Of the difference kind.")
        self.assertIsNotNone(post.edited_at)

    def test_saving_without_a_change_is_no_edit(self):
        self.client.force_login(self.ada)
        self.edit(self.first_post.body)
        self.assertIsNone(Post.objects.get(pk=self.first_post.pk).edited_at)

    def test_the_posts_of_others_are_out_of_reach(self):
        self.client.force_login(self.grace)
        with self.assertLogs("django.request", "WARNING"):
            self.assertEqual(self.edit("Mine now.").status_code, 403)
        self.assertEqual(Post.objects.get(pk=self.first_post.pk).body, self.first_post.body)

    def test_posts_in_closed_topics_stay_as_they_are(self):
        Topic.objects.filter(pk=self.topic.pk).update(is_closed=True)
        self.client.force_login(self.ada)
        with self.assertLogs("django.request", "WARNING"):
            self.assertEqual(self.edit("Too late.").status_code, 403)


class NotificationTests(BoardsTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.reply = services.post_reply(cls.topic, cls.grace, "Tell me more.")
        cls.notification = Notification.objects.create(recipient=cls.ada, post=cls.reply)

    def test_the_header_counts_the_unread(self):
        self.client.force_login(self.ada)
        self.assertContains(
            self.client.get(self.url("front-page")), '<span class="bell__count">1</span>', html=True
        )

    def test_reading_the_post_reads_its_notification(self):
        self.client.force_login(self.grace)
        self.client.get(self.topic.get_absolute_url())
        self.assertTrue(Notification.objects.unread().exists())

        self.client.force_login(self.ada)
        response = self.client.get(self.topic.get_absolute_url())
        self.assertNotContains(response, "bell__count")
        self.assertFalse(Notification.objects.unread().exists())

    def test_members_see_and_clear_only_their_own(self):
        url = self.url("notifications")
        self.client.force_login(self.grace)
        self.assertNotContains(self.client.get(url), "Engines")
        self.client.post(url)
        self.assertTrue(Notification.objects.unread().exists())

        self.client.force_login(self.ada)
        self.assertContains(self.client.get(url), "Engines")
        self.client.post(url)
        self.assertFalse(Notification.objects.unread().exists())
