"""The straight line from a configured brief to a finished edition. Nothing else calls the steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from reporter.charts import chart_heights
from reporter.charts.gallery import Gallery
from reporter.charts.style import PHONE
from reporter.config import Brief, Config
from reporter.document.audit import (
    Account,
    audit_html,
    audit_mail_substance,
    audit_pdf,
    audit_substance,
    audit_text,
    audit_unmarked_html,
    open_account,
)
from reporter.document.beside import beside
from reporter.document.claims import Speaker, claims, lexicon, statements
from reporter.document.edition import Edition, file_name
from reporter.document.email import Mail, MailBody, make_mail
from reporter.document.facts_json import facts_json
from reporter.document.html import render_html
from reporter.document.layout import Layout, in_one_column, lay_out
from reporter.document.page import Link, Page, make_page
from reporter.document.pdf import pdf_problem, print_html, print_sheet, render_pdf
from reporter.document.readouts import read_outs
from reporter.document.settings_json import settings_json
from reporter.document.tables import row_bars
from reporter.document.thumbnail import render_thumbnail
from reporter.errors import DataError, LayoutError
from reporter.facts import Facts, compute_facts
from reporter.facts.backdrop import BACKDROP
from reporter.language import Language
from reporter.prices import Prices
from reporter.prices.load import load_prices
from reporter.prices.quality import Quality, Status, judge
from reporter.prices.table import prices_csv
from reporter.sessions import Calendar
from reporter.story import write_story
from reporter.voices import Voices, gather_voices, voices_json
from reporter.voices.memory import EMPTY, Shelf
from reporter.wording import Rotation


def make_edition(
    config: Config,
    name: str,
    brief: Brief,
    *,
    calendar: Calendar,
    as_of: date,
    languages: Sequence[str],
    mail: Mail = Mail.NONE,
    shelf: Shelf = EMPTY,
    progress: Callable[[str], None] = lambda _: None,
) -> Edition:
    """Prices, voices, and the edition that is built of them.

    Args:
        shelf: What archived editions of the brief said, which an archive knows and this line does not.
        languages: Codes; one page each.
        mail: Whether the bodies of mails are wanted as well.
        progress: Is told each step, in words for a person.

    Raises:
        DataError: the prices of subject or benchmark cannot be trusted, or there are none.
        UpstreamError: the source is away.
        ConfigError: the vault of quotes is wrong.
        DocumentError: a template is wrong.
    """
    prices, facts, voices = gather_material(
        config, name, brief, calendar=calendar, as_of=as_of, shelf=shelf, progress=progress
    )
    # Written down and let go before the pages are made, which need the room.
    table = prices_csv(prices)
    del prices
    edition = build_edition(config, brief, facts, voices, languages=languages, mail=mail, progress=progress)
    return replace(edition, files={**edition.files, "prices.csv": table})


def gather_material(
    config: Config,
    name: str,
    brief: Brief,
    *,
    calendar: Calendar,
    as_of: date,
    shelf: Shelf = EMPTY,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Prices, Facts, Voices]:
    """What an edition is built of: all that comes from a source, and the facts that follow from the prices.

    Raises:
        DataError, UpstreamError, ConfigError: as `make_edition`.
    """
    progress(f"prices of {len(brief.tickers)} funds from {', '.join(config.order(brief))}, up to {as_of}")
    prices, quality = gated_prices(config, name, brief, calendar, as_of)
    voices = gather_voices(config, name, brief, prices, calendar, shelf)
    progress("facts")
    return prices, compute_facts(prices, name, brief, quality, calendar), voices


def build_edition(
    config: Config,
    brief: Brief,
    facts: Facts,
    voices: Voices,
    *,
    languages: Sequence[str],
    mail: Mail = Mail.NONE,
    gallery: Gallery | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Edition:
    """Story, charts, pages: all of an edition but its table of prices. Same input, same bytes; reads no source.

    A pure task: it can run in another process or on another machine, and twice.

    Args:
        gallery: Drawings that were made before, in a process that makes many editions.

    Raises:
        DocumentError: a template is wrong, or a page has a number that no fact stands behind.
    """
    name, as_of, gallery = facts.brief, facts.as_of, gallery or Gallery()
    facts = replace(facts, quality=replace(facts.quality, silent=voices.silent))
    story = write_story(facts, voices, field_kind=brief.field_kind, implication=brief.implication)

    shortfall = pdf_problem() if "pdf" in config.formats else ""
    formats = [kind for kind in config.formats if not (kind == "pdf" and shortfall)]
    rotation = rotation_of(brief, facts)
    speakers = {code: Speaker(Language(code, config.templates, rotation)) for code in languages}
    pages: dict[str, Page] = {}
    mails: dict[str, MailBody] = {}
    files: dict[str, bytes] = {}
    for code, speaker in speakers.items():
        progress(f"charts and page, {code}")
        heights = chart_heights(facts)
        pages[code] = page = make_page(facts, story, tuple(heights), speaker, brief=brief, brand=config.brand)
        layout = lay_out(page, heights, config.paper)
        drawn = gallery.charts(facts, speaker.language, config.brand.accent, layout.charts)
        charts = {chart: drawing.svg for chart, drawing in drawn.items()}
        narrow = gallery.charts(facts, speaker.language, config.brand.accent, {}, PHONE) if "html" in formats else {}
        speaker.lettered({chart: svg + narrow[chart].svg if narrow else svg for chart, svg in charts.items()})
        account = open_account(speaker, facts, voices, brief, config.brand)
        if "pdf" in formats:
            progress(f"PDF, {code}")
            file = file_name(name, as_of, code, "pdf")
            files[file] = printed(page, layout, charts, account, file, config.templates, progress)
            audit_pdf(files[file], account, file, page.page_of)
        if "html" in formats:
            links = tuple(neighbours(name, as_of, code, speakers, formats))
            readouts = read_outs({chart: drawing.frame for chart, drawing in drawn.items()}, facts, speaker)
            screens = {chart: (drawn[chart], narrow[chart]) for chart in drawn}
            file = file_name(name, as_of, code, "html")
            files[file] = render_html(page, screens, links, readouts, beside(page, heights), config.templates)
            audit_html(files[file].decode(), account, file, {one.text for each in readouts.values() for one in each})
            audit_substance(files[file].decode(), page.plain_title, file)
        files[file_name(name, as_of, code, "svg")] = render_thumbnail(page, charts, config.templates)
        if mail is not Mail.NONE:
            progress(f"mail, {code}")
            pictures = gallery.pictures(facts, speaker.language, page.charts, config.brand.accent)
            mails[code] = body = make_mail(page, pictures, config.templates, test=mail is Mail.TEST)
            audit_text(f"{body.subject}\n{body.preheader}\n{body.text}", account, f"the mail in {code}")
            audit_unmarked_html(body.html, account, f"the mail in {code}, HTML")
            audit_mail_substance(body.text, body.html, f"the mail in {code}")
    numbers = claims({code: speaker.spoken for code, speaker in speakers.items()})
    files["facts.json"] = facts_json(
        facts,
        numbers,
        statements({code: speaker.said for code, speaker in speakers.items()}, numbers, story.window),
        lexicon(story.lexicon, Language("en")),
        {code: page.plain_title for code, page in pages.items()},
        story.changes,
        voices.memory,
    )
    files["voices.json"] = voices_json(voices)
    files["settings.json"] = settings_json(config, brief, facts, languages)
    return Edition(
        brief=name,
        session=as_of,
        quality=facts.quality,
        headline={code: page.plain_title for code, page in pages.items()},
        verdict=verdict_label(facts),
        vintage=facts.vintage.sha256,
        files=files,
        mails=mails,
        shortfall=shortfall,
    )


def printed(
    page: Page,
    layout: Layout,
    charts: Mapping[str, str],
    account: Account,
    file: str,
    templates: Path | None,
    progress: Callable[[str], None],
) -> bytes:
    """The PDF of the page in that layout, or of the page in one column: rather plain than none."""
    sheet, drawings = print_sheet(templates), {**charts, **dict(row_bars(page, layout))}

    def arranged(layout: Layout) -> bytes:
        audit_html(marked := print_html(page, layout, templates), account, file)
        audit_substance(marked, page.plain_title, file)
        return render_pdf(marked, drawings, page.logo, sheet)

    try:
        return arranged(layout)
    except LayoutError:
        progress(f"PDF, {page.language}, again with all boxes below the text")
        return arranged(in_one_column(layout))


def gated_prices(config: Config, name: str, brief: Brief, calendar: Calendar, as_of: date) -> tuple[Prices, Quality]:
    """Prices that may be printed.

    Raises:
        DataError: the gate refuses them.
    """
    prices = load_prices(
        brief.tickers,
        backdrop(brief),
        calendar,
        as_of,
        config.sources,
        config.order(brief),
        store=config.prices_store,
        check=cross_checked(config, brief),
    )
    return prices, gate(prices, name, brief)


def cross_checked(config: Config, brief: Brief) -> tuple[str, ...]:
    """Tickers of a brief that are held against a second source, where there is one."""
    wanted = config.sources.cross_check and len(config.order(brief)) > 1
    return (brief.subject, brief.benchmark) if wanted else ()


def backdrop(brief: Brief) -> tuple[str, ...]:
    """Tickers that a brief takes where the source has them."""
    return tuple(BACKDROP.values()) if brief.backdrop else ()


def gate(prices: Prices, name: str, brief: Brief) -> Quality:
    """What may be said of the prices of a brief.

    Raises:
        DataError: nothing: the gate refuses them.
    """
    pair = (brief.subject, brief.benchmark)
    others = tuple(ticker for ticker in brief.tickers if ticker not in pair)
    quality = judge(prices, pair, others, brief.accept, brief.min_coverage)
    if quality.status is Status.REFUSED:
        raise DataError(f"{name} refused: {'; '.join(quality.reasons)}; {quality.way_out}")
    return quality


def neighbours(
    name: str, as_of: date, code: str, speakers: Mapping[str, Speaker], formats: Sequence[str]
) -> Iterable[Link]:
    """The other files of the edition, for the head of a page."""
    words = speakers[code].language.labels["document"]
    for other, speaker in speakers.items():
        if other != code:
            own_name = speaker.language.labels["document"]["own_name"]
            yield Link(text=own_name, file=file_name(name, as_of, other, "html"), language=other)
    if "pdf" in formats:
        yield Link(text=words["pdf"], file=file_name(name, as_of, code, "pdf"), language="")
    yield Link(text=words["facts"], file="facts.json", language="")


def verdict_label(facts: Facts) -> str:
    return str(facts.verdict.label) if facts.verdict else ""


def rotation_of(brief: Brief, facts: Facts) -> Rotation:
    """Wordings are dealt by the week; a brief that is due every month has its own deal, one a month."""
    if brief.schedule and brief.schedule.period == "month":
        return Rotation(facts.brief, facts.as_of.year * 12 + facts.as_of.month)
    return Rotation(facts.brief, facts.week.number, facts.week.place)
