from django.contrib import messages
from django.contrib.auth import get_user_model, login
from django.contrib.auth import views as auth_views
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.messages.views import SuccessMessageMixin
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.views.generic import DetailView, FormView, UpdateView

from boards.models import Post, Topic

from .forms import ProfileForm, SignUpForm

RECENT_POSTS = 10


class SignUp(auth_views.RedirectURLMixin, FormView):
    form_class = SignUpForm
    template_name = "accounts/sign_up.html"
    next_page = reverse_lazy("boards:front-page")

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            return redirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        return super().get_context_data(next=self.get_redirect_url(), **kwargs)

    def form_valid(self, form):
        user = form.save()
        login(self.request, user)
        messages.success(self.request, f"Welcome, {user.username}!")
        return super().form_valid(form)


class Login(auth_views.LoginView):
    template_name = "accounts/login.html"
    redirect_authenticated_user = True


class PasswordChange(SuccessMessageMixin, auth_views.PasswordChangeView):
    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("accounts:edit")
    success_message = "Your password is changed."


class EditProfile(LoginRequiredMixin, SuccessMessageMixin, UpdateView):
    form_class = ProfileForm
    template_name = "accounts/edit_profile.html"
    success_message = "Your profile is saved."

    def get_object(self):
        return self.request.user.profile


class Member(DetailView):
    queryset = get_user_model().objects.select_related("profile")
    slug_field = slug_url_kwarg = "username"
    template_name = "accounts/member.html"
    # Not "user", which in templates is whoever looks at the page.
    context_object_name = "member"

    def get_context_data(self, **kwargs):
        posts = Post.objects.filter(author=self.object)
        return super().get_context_data(
            recent_posts=posts.select_related("topic__board").order_by("-pk")[:RECENT_POSTS],
            post_count=posts.count(),
            topic_count=Topic.objects.filter(author=self.object).count(),
            **kwargs,
        )
