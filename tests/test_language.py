"""Pages are Chinese unless the reader chose otherwise."""


def test_a_browser_set_up_in_english_still_reads_chinese(client, db):
    page = client.get("/accounts/sign-in/", headers={"accept-language": "en-US,en"})
    assert page.headers["Content-Language"] == "zh-hans"
    assert "手机" in page.content.decode()


def test_who_chose_english_reads_english(client, db):
    client.cookies["django_language"] = "en"
    page = client.get("/accounts/sign-in/")
    assert page.headers["Content-Language"] == "en"
    assert "手机" not in page.content.decode()


def test_a_language_we_do_not_have_is_chinese(client, db):
    client.cookies["django_language"] = "xx"
    assert client.get("/accounts/sign-in/").headers["Content-Language"] == "zh-hans"
