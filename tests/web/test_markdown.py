"""The little of Markdown that articles use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obdirectory.web.pages.markdown import to_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# One\n\ntext", "<h2>One</h2>\n<p>text</p>"),
        ("## Two", "<h3>Two</h3>"),
        ("a\nb\n\nc", "<p>a b</p>\n<p>c</p>"),
        ("- a\n- b\n  more\n* c", "<ul><li>a</li><li>b more</li><li>c</li></ul>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("text\n- a", "<p>text</p>\n<ul><li>a</li></ul>"),
        ("**b** and *i* and `c*d*`", "<p><strong>b</strong> and <em>i</em> and <code>c*d*</code></p>"),
        ("[x](/findings/y) [z](https://a.example/b)", '<p><a href="/findings/y">x</a> <a href="https://a.example/b">z</a></p>'),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("```\na < b\n**c**\n```", '<pre tabindex="0">a &lt; b\n**c**</pre>'),
        ("```\nopen", '<pre tabindex="0">open</pre>'),
        ("a <b> & `<c>`", "<p>a &lt;b&gt; &amp; <code>&lt;c&gt;</code></p>"),
        ("2 * 3 * 4 snake_case_name", "<p>2 * 3 * 4 snake_case_name</p>"),
    ],
)
def test_what_is_written_is_what_is_shown(text: str, html: str) -> None:
    assert to_html(text) == html


def test_a_table_has_a_name_and_heads() -> None:
    html = to_html("| a | b |\n|---|---|\n| 1 | `x` |\n\nafter")
    assert '<th scope="col">a</th>' in html
    assert "<td><code>x</code></td>" in html
    assert 'aria-label="Table: a b"' in html
    assert html.endswith("<p>after</p>")


@given(st.text(alphabet="<>&\"'`*[](){}|-#= \nab/:0\x00", max_size=120))
def test_no_text_becomes_markup_of_its_own(text: str) -> None:
    allowed = "h2 h3 h4 h5 h6 p ul ol li strong em code pre a table thead tbody tr th td div".split()
    html = to_html(text)
    for part in html.split("<")[1:]:
        assert part.lstrip("/").split(">")[0].split(" ")[0] in allowed
    assert "\x00" not in html
    assert "<script" not in html
