from django import forms

from .models import Post, Topic


class PostForm(forms.ModelForm):
    class Meta:
        model = Post
        fields = ["body"]
        labels = {"body": "Message"}
        help_texts = {
            "body": "Start a line with > to quote. Put `code` between backticks, "
            "or several lines of it between lines of three."
        }
        widgets = {"body": forms.Textarea(attrs={"rows": 6})}


class TopicForm(PostForm):
    title = forms.CharField(max_length=Topic._meta.get_field("title").max_length)
    field_order = ["title", "body"]
