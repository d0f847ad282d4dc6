from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin, UserPassesTestMixin
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views import View
from django.views.generic import FormView, ListView, TemplateView, UpdateView
from django.views.generic.detail import SingleObjectMixin

from . import front_page, services
from .forms import PostForm, TopicForm
from .models import Board, Notification, Post, Topic

TOPICS_PER_PAGE = 20
POSTS_PER_PAGE = 15
NOTIFICATIONS_PER_PAGE = 20


class PagedListView(ListView):
    """A list in pages, with the page numbers between which a long row of pages is elided."""

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        page = context["page_obj"]
        context["page_range"] = list(
            page.paginator.get_elided_page_range(page.number, on_each_side=2)
        )
        return context


class FrontPage(TemplateView):
    template_name = "boards/front_page.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(**front_page.get(), **kwargs)


class BoardTopics(PagedListView):
    template_name = "boards/board.html"
    context_object_name = "topics"
    paginate_by = TOPICS_PER_PAGE

    def get_queryset(self):
        self.board = get_object_or_404(Board, slug=self.kwargs["slug"])
        # A query that counts does not take the model's own order.
        return self.board.topics.with_activity().order_by("-is_pinned", "-last_post_at", "-pk")

    def get_context_data(self, **kwargs):
        return super().get_context_data(board=self.board, **kwargs)


class TopicPosts(PagedListView):
    template_name = "boards/topic.html"
    context_object_name = "posts"
    paginate_by = POSTS_PER_PAGE

    def get_queryset(self):
        self.topic = get_object_or_404(
            Topic.objects.select_related("board", "author"), pk=self.kwargs["pk"]
        )
        return self.topic.posts.select_related("author__profile")

    def get_context_data(self, **kwargs):
        context = super().get_context_data(topic=self.topic, form=PostForm(), **kwargs)
        for post in context["posts"]:
            post.topic = self.topic
            post.can_edit = post.editable_by(self.request.user)
        self.mark_seen(context["posts"])
        return context

    def mark_seen(self, posts):
        if self.request.user.is_authenticated:
            Notification.objects.filter(
                recipient=self.request.user, post__in=[post.pk for post in posts]
            ).mark_read()


class NewTopic(LoginRequiredMixin, FormView):
    form_class = TopicForm
    template_name = "boards/new_topic.html"

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.board = get_object_or_404(Board, slug=kwargs["slug"])

    def get_context_data(self, **kwargs):
        return super().get_context_data(board=self.board, **kwargs)

    def form_valid(self, form):
        topic = services.start_topic(
            board=self.board,
            author=self.request.user,
            title=form.cleaned_data["title"],
            body=form.cleaned_data["body"],
        )
        return redirect(topic)


class Reply(LoginRequiredMixin, FormView):
    form_class = PostForm
    template_name = "boards/reply.html"

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.topic = get_object_or_404(Topic.objects.select_related("board"), pk=kwargs["pk"])

    def get_context_data(self, **kwargs):
        return super().get_context_data(topic=self.topic, **kwargs)

    def form_valid(self, form):
        try:
            post = services.post_reply(
                topic=self.topic, author=self.request.user, body=form.cleaned_data["body"]
            )
        except services.TopicClosed:
            messages.error(self.request, "This topic was closed, so your reply was not posted.")
            return redirect(self.topic)
        return redirect(post)


class EditPost(LoginRequiredMixin, UserPassesTestMixin, UpdateView):
    queryset = Post.objects.select_related("topic__board")
    form_class = PostForm
    template_name = "boards/edit_post.html"

    def test_func(self):
        return self.get_object().editable_by(self.request.user)

    def form_valid(self, form):
        if form.has_changed():
            form.instance.edited_at = timezone.now()
            form.save()
        return redirect(self.object)


class PostLink(SingleObjectMixin, View):
    """A post's permanent address: leads to it on whichever page of its topic it is."""

    model = Post

    def get(self, request, *args, **kwargs):
        post = self.get_object()
        earlier = Post.objects.filter(topic=post.topic_id, pk__lt=post.pk).count()
        page = earlier // POSTS_PER_PAGE + 1
        url = reverse("boards:topic", args=[post.topic_id])
        query = f"?page={page}" if page > 1 else ""
        return HttpResponseRedirect(f"{url}{query}#{post.anchor}")


class Notifications(LoginRequiredMixin, PagedListView):
    template_name = "boards/notifications.html"
    context_object_name = "notifications"
    paginate_by = NOTIFICATIONS_PER_PAGE

    def get_queryset(self):
        return Notification.objects.filter(recipient=self.request.user).select_related(
            "post__author__profile", "post__topic__board"
        )

    def post(self, request, *args, **kwargs):
        """Mark them all as read."""
        self.get_queryset().mark_read()
        return redirect("boards:notifications")
