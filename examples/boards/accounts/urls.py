from django.contrib.auth.views import LogoutView
from django.urls import path

from . import views

app_name = "accounts"

urlpatterns = [
    path("account/", views.EditProfile.as_view(), name="edit"),
    path("account/login/", views.Login.as_view(), name="login"),
    path("account/logout/", LogoutView.as_view(), name="logout"),
    path("account/password/", views.PasswordChange.as_view(), name="password-change"),
    path("account/sign-up/", views.SignUp.as_view(), name="sign-up"),
    path("members/<str:username>/", views.Member.as_view(), name="member"),
]
