from django.test import SimpleTestCase

from boards.templatetags.post_text import post_text


class PostTextTests(SimpleTestCase):
    def test_paragraphs_and_line_breaks(self):
        self.assertHTMLEqual(post_text("one\r\ntwo\r\n\r\nthree"), "<p>one<br>two</p><p>three</p>")

    def test_everything_typed_is_escaped(self):
        attack = '<script>alert("x")</script>'
        for text in (attack, f"> {attack}", f"`{attack}`", f"```\n{attack}\n```", f"```{attack}"):
            with self.subTest(text):
                self.assertNotIn("<script", post_text(text))

    def test_links_are_made_without_passing_on_rank(self):
        self.assertHTMLEqual(
            post_text("see https://example.com/?a=1&b=2"),
            '<p>see <a href="https://example.com/?a=1&amp;b=2" rel="nofollow">'
            "https://example.com/?a=1&amp;b=2</a></p>",
        )

    def test_javascript_addresses_are_no_links(self):
        self.assertNotIn("<a", post_text("javascript:alert(1)"))

    def test_quotes(self):
        self.assertHTMLEqual(
            post_text("> one\n> two\nthree"),
            "<blockquote><p>one<br>two</p></blockquote><p>three</p>",
        )

    def test_inline_code_holds_no_links(self):
        self.assertHTMLEqual(
            post_text("run `curl https://example.com`"),
            "<p>run <code>curl https://example.com</code></p>",
        )

    def test_fenced_code_is_kept_as_typed(self):
        self.assertEqual(
            post_text("```python\n> a\n\n    b\n```"), "<pre><code>&gt; a\n\n    b</code></pre>"
        )

    def test_a_fence_left_open_runs_to_the_end(self):
        self.assertEqual(post_text("```\nx = 1"), "<pre><code>x = 1</code></pre>")
