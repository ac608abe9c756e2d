//! Converts the user guide to HTML fragments, which the app's help page shows online and offline.

use crate::program::Result;
use pulldown_cmark::{Event, Parser, Tag, TagEnd, html};
use std::path::Path;

const LANGUAGES: [&str; 2] = ["zh-CN", "en"];
/// Pages of the guide in the order of their links; the index comes first.
const PAGES: [&str; 6] = [INDEX, "recorder", "reviewer", "coordinator", "administrator", "viewer"];
const INDEX: &str = "index";
/// Path of the images as the guide's pages write it.
const IMAGES: &str = "../images/";
const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A page of the guide in one language.
struct Page {
    name: &'static str,
    title: String,
    markdown: String,
}

/// Writes `guide/<language>/<page>.html` and the images into the package. Fails on a page or image that is missing, and on
/// a link that the app cannot follow.
pub fn write(source: &Path, package: &Path) -> Result<()> {
    let target = package.join("guide");
    let images = target.join("images");
    std::fs::create_dir_all(&images)?;
    for language in LANGUAGES {
        let pages = read(&source.join(language))?;
        let folder = target.join(language);
        std::fs::create_dir_all(&folder)?;
        for page in &pages {
            let add_image = |name: &str| {
                let content =
                    std::fs::read(source.join("images").join(name)).map_err(|error| format!("{name}: {error}"))?;
                std::fs::write(images.join(name), &content)?;
                png_size(&content).ok_or_else(|| format!("{name} is not a PNG image").into())
            };
            let fragment =
                convert(&page.markdown, add_image).map_err(|error| format!("{language}/{}: {error}", page.name))?;
            std::fs::write(
                folder.join(page.name).with_extension("html"),
                fragment + &links_to_others(&pages, page.name),
            )?;
        }
    }
    Ok(())
}

/// Reads the pages of one language.
fn read(folder: &Path) -> Result<Vec<Page>> {
    let count = std::fs::read_dir(folder)?.count();
    if count != PAGES.len() {
        return Err(format!("{} has {count} files, of which {} are listed", folder.display(), PAGES.len()).into());
    }
    let page = |name: &'static str| {
        let markdown = std::fs::read_to_string(folder.join(name).with_extension("md"))?;
        let title = markdown.lines().next().and_then(|line| line.strip_prefix("# "));
        let title = title.ok_or_else(|| format!("{name} does not begin with a title"))?.to_owned();
        Ok(Page { name, title, markdown })
    };
    PAGES.into_iter().map(page).collect()
}

/// Converts Markdown to HTML. Raw HTML becomes text. Images get `data-src` relative to the package, and the size that
/// `add_image` returns for their name.
fn convert(markdown: &str, add_image: impl Fn(&str) -> Result<(u32, u32)>) -> Result<String> {
    let mut events = Vec::new();
    // Name and description of the image that is being read.
    let mut image: Option<(String, String)> = None;
    for event in Parser::new(markdown) {
        if let Some((name, description)) = &mut image {
            match event {
                Event::End(TagEnd::Image) => {
                    let (width, height) = add_image(name)?;
                    let tag = maud::html! {
                        img data-src={ "guide/images/" (name) } alt=(description) width=(width) height=(height) loading="lazy";
                    };
                    events.push(Event::InlineHtml(tag.into_string().into()));
                    image = None;
                }
                Event::Text(text) | Event::Code(text) => description.push_str(&text),
                _ => {}
            }
            continue;
        }
        events.push(match event {
            Event::Start(Tag::Image { dest_url, .. }) => {
                let name = dest_url.strip_prefix(IMAGES).filter(|name| !name.contains('/'));
                let name = name.ok_or_else(|| format!("image {dest_url} is not in {IMAGES}"))?;
                image = Some((name.to_owned(), String::new()));
                continue;
            }
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                Event::Start(Tag::Link { link_type, dest_url: app_address(&dest_url)?.into(), title, id })
            }
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            event => event,
        });
    }
    let mut fragment = String::new();
    html::push_html(&mut fragment, events.into_iter());
    Ok(fragment)
}

/// Returns the address in the app of a link's target: another page of the guide.
fn app_address(target: &str) -> Result<String> {
    let name = target.strip_suffix(".md").filter(|name| PAGES.contains(name));
    Ok(format!("/help/{}", name.ok_or_else(|| format!("link to {target}, which is not a page of the guide"))?))
}

/// Returns the links to the other pages. The index has them in its text.
fn links_to_others(pages: &[Page], name: &str) -> String {
    let (Some(index), true) = (pages.iter().find(|page| page.name == INDEX), name != INDEX) else {
        return String::new();
    };
    let others = pages.iter().filter(|page| page.name != name);
    let links = maud::html! {
        nav aria-label=(index.title) { ul { @for page in others { li { a href={ "/help/" (page.name) } { (page.title) } } } } }
    };
    links.into_string() + "\n"
}

/// Returns width and height from the header of a PNG image.
fn png_size(content: &[u8]) -> Option<(u32, u32)> {
    let header = content.strip_prefix(PNG_SIGNATURE)?;
    let number = |at: usize| Some(u32::from_be_bytes(header.get(at..at + 4)?.try_into().ok()?));
    Some((number(8)?, number(12)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(markdown: &str) -> Result<String> {
        convert(markdown, |_| Ok((360, 640)))
    }

    #[test]
    fn link_between_pages_leads_to_the_help_screen() {
        let fragment = converted("See the [guide](recorder.md).").unwrap();
        assert_eq!(fragment, "<p>See the <a href=\"/help/recorder\">guide</a>.</p>\n");
    }

    #[test]
    fn link_that_the_app_cannot_follow_fails_the_build() {
        for target in ["stranger.md", "../sync.md", "javascript:alert(1)", "recorder.md#top"] {
            assert!(converted(&format!("[link]({target})")).unwrap_err().to_string().contains(target));
        }
        assert!(converted("<javascript:alert(1)>").is_err());
    }

    #[test]
    fn raw_html_in_the_guide_becomes_text() {
        let fragment = converted("<script>a</script>\n\nText <b onclick=\"x\">b</b>").unwrap();
        assert!(fragment.contains("&lt;script&gt;a&lt;/script&gt;"), "{fragment}");
        assert!(fragment.contains("Text &lt;b onclick="), "{fragment}");
        assert!(!fragment.contains("<script") && !fragment.contains("<b"), "{fragment}");
    }

    #[test]
    fn image_has_its_size_and_an_escaped_description() {
        let fragment = converted("![A \"**form**\"](../images/form.en.png)").unwrap();
        let image = "<img data-src=\"guide/images/form.en.png\" alt=\"A &quot;form&quot;\" width=\"360\" height=\"640\" loading=\"lazy\">";
        assert_eq!(fragment, format!("<p>{image}</p>\n"));
        assert!(converted("![x](https://example.org/x.png)").is_err());
        assert!(converted("![x](../images/../x.png)").is_err());
    }

    #[test]
    fn guide_of_this_project_converts_in_each_language() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide");
        let package = std::env::temp_dir().join(format!("jiedui-guide-{}", std::process::id()));
        write(&source, &package).unwrap();
        for language in LANGUAGES {
            let folder = package.join("guide").join(language);
            let pages = read(&source.join(language)).unwrap();
            for page in &pages {
                let fragment = std::fs::read_to_string(folder.join(page.name).with_extension("html")).unwrap();
                assert!(
                    fragment.starts_with(&maud::html! { h1 { (page.title) } }.into_string()),
                    "{language}/{}",
                    page.name
                );
                let linked = |other: &&Page| fragment.contains(&format!("href=\"/help/{}\"", other.name));
                assert_eq!(pages.iter().filter(linked).count(), PAGES.len() - 1, "{language}/{}", page.name);
            }
        }
        assert!(package.join("guide/images/recorder-form.en.png").is_file());
        std::fs::remove_dir_all(package).unwrap();
    }
}
