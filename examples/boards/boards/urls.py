from django.urls import path

from . import views

app_name = "boards"

urlpatterns = [
    path("", views.FrontPage.as_view(), name="front-page"),
    path("boards/<slug:slug>/", views.BoardTopics.as_view(), name="board"),
    path("boards/<slug:slug>/new/", views.NewTopic.as_view(), name="new-topic"),
    path("topics/<int:pk>/", views.TopicPosts.as_view(), name="topic"),
    path("topics/<int:pk>/reply/", views.Reply.as_view(), name="reply"),
    path("posts/<int:pk>/", views.PostLink.as_view(), name="post"),
    path("posts/<int:pk>/edit/", views.EditPost.as_view(), name="edit-post"),
    path("notifications/", views.Notifications.as_view(), name="notifications"),
]
