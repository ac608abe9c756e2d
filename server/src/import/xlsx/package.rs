//! Parts of a package: unpacked as a stream and read as XML, with limits.

use crate::import::file_error::FileError;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use zip::ZipArchive;

/// Maximum number of unpacked bytes of all parts that are read.
pub const MAX_UNPACKED: u64 = 300_000_000;
/// Maximum number of bytes between two tags, and in a tag.
const LONGEST_EVENT: usize = 1 << 20;
/// Maximum number of parts of a package.
const MAX_PARTS: u64 = 10_000;

/// A package.
pub struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    names: HashMap<String, usize>,
    left: Cell<u64>,
}

/// A part as XML.
pub struct Xml<'a> {
    reader: Reader<Bounded<'a>>,
    buffer: Vec<u8>,
}

/// Reader that limits the bytes of a package and of an event.
struct Bounded<'a> {
    inner: BufReader<Box<dyn Read + 'a>>,
    event: usize,
    left: &'a Cell<u64>,
}

impl Read for Bounded<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(into.len());
        into.iter_mut().zip(available).for_each(|(to, from)| *to = *from);
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Bounded<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.event == 0 || self.left.get() == 0 {
            return Err(io::Error::other("more than may be read"));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, length: usize) {
        self.event = self.event.saturating_sub(length);
        self.left.set(self.left.get().saturating_sub(length as u64));
        self.inner.consume(length);
    }
}

/// Returns the number of parts that the record at the end of a package declares.
fn parts(file: &[u8]) -> Option<u64> {
    let tail = file.get(file.len().saturating_sub(66_000)..)?;
    let at = tail.windows(4).rposition(|bytes| bytes == b"PK\x05\x06")?;
    let count = tail.get(at + 10..at + 12)?;
    Some(u64::from(u16::from_le_bytes([*count.first()?, *count.get(1)?])))
}

impl<'a> Package<'a> {
    /// Opens a workbook. The error names other kinds of package.
    pub fn open(file: &'a [u8]) -> Result<Self, FileError> {
        if parts(file).is_none_or(|parts| parts > MAX_PARTS) {
            return Err(FileError::Damaged);
        }
        let archive = ZipArchive::new(Cursor::new(file)).map_err(|_| FileError::Damaged)?;
        let plain = |name: &str| name.replace('\\', "/").trim_start_matches('/').to_ascii_lowercase();
        let mut names = HashMap::new();
        for (number, name) in archive.file_names().enumerate() {
            names.insert(plain(&name.map_err(|_| FileError::Damaged)?), number);
        }
        let has = |name: &str| names.keys().any(|part| part.starts_with(name));
        if has("xl/workbook.bin") || has("content.xml") || has("index/") {
            return Err(FileError::OtherTable);
        }
        if has("word/") || has("ppt/") {
            return Err(FileError::Document);
        }
        if !has("[content_types].xml") && !has("xl/") {
            return Err(FileError::NotTable);
        }
        Ok(Self { archive, names, left: Cell::new(MAX_UNPACKED) })
    }

    /// Opens a part by its path.
    pub fn part(&mut self, path: &str) -> Result<Option<Xml<'_>>, FileError> {
        let Some(number) = self.names.get(&path.trim_start_matches('/').to_ascii_lowercase()) else { return Ok(None) };
        let part = self.archive.by_index(*number).map_err(|_| FileError::Damaged)?;
        // The declared size may be wrong, so unpacked bytes are counted too.
        if part.size() > self.left.get() {
            return Err(FileError::TooLarge);
        }
        let inner = BufReader::new(Box::new(part) as Box<dyn Read>);
        let mut reader = Reader::from_reader(Bounded { inner, event: LONGEST_EVENT, left: &self.left });
        reader.config_mut().expand_empty_elements = true;
        Ok(Some(Xml { reader, buffer: Vec::new() }))
    }

    /// Reads the relations of a part: kind and path by identifier.
    pub fn relations(&mut self, path: &str) -> Result<HashMap<String, (String, String)>, FileError> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let slash = if folder.is_empty() { "" } else { "/" };
        let Some(mut xml) = self.part(&format!("{folder}{slash}_rels/{name}.rels"))? else { return Ok(HashMap::new()) };
        let mut relations = HashMap::new();
        while let Some(event) = xml.next()? {
            let Event::Start(start) = event else { continue };
            if start.local_name().as_ref() != b"Relationship" || relations.len() > 10_000 {
                continue;
            }
            let [id, kind, target] = [b"Id".as_slice(), b"Type", b"Target"]
                .map(|attribute_name| attribute(&start, attribute_name).unwrap_or_default());
            let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
            let target = match target.strip_prefix('/') {
                Some(whole) => whole.to_owned(),
                None => joined(folder, &target),
            };
            relations.insert(id, (kind, target));
        }
        Ok(relations)
    }
}

/// Joins a folder and a relative path.
fn joined(folder: &str, target: &str) -> String {
    let mut path: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(path.pop()),
            part => path.push(part),
        }
    }
    path.join("/")
}

impl Xml<'_> {
    /// Reads the next event; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Event<'_>>, FileError> {
        self.reader.get_mut().event = LONGEST_EVENT;
        // Frees the memory of a long event.
        if self.buffer.capacity() > 1 << 16 {
            self.buffer = Vec::new();
        }
        self.buffer.clear();
        match self.reader.read_event_into(&mut self.buffer) {
            Ok(Event::Eof) => Ok(None),
            Ok(event) => Ok(Some(event)),
            // An exceeded limit appears as a read error.
            Err(quick_xml::Error::Io(error)) if error.kind() == io::ErrorKind::Other => Err(FileError::TooLarge),
            Err(_) => Err(FileError::Damaged),
        }
    }

    /// Skips the rest of an open element.
    pub fn skip(&mut self, name: &[u8]) -> Result<(), FileError> {
        let mut depth = 1;
        while depth > 0 {
            match self.next()?.ok_or(FileError::Damaged)? {
                Event::Start(start) if start.local_name().as_ref() == name => depth += 1,
                Event::End(end) if end.local_name().as_ref() == name => depth -= 1,
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads the text of an open element and its runs, without phonetic hints. Stores at most one character
    /// more than `most`.
    pub fn text(&mut self, name: &[u8], most: usize) -> Result<String, FileError> {
        let (mut text, mut spoken) = (String::new(), 0_usize);
        loop {
            let mut piece = String::new();
            match self.next()?.ok_or(FileError::Damaged)? {
                Event::Start(start) if start.local_name().as_ref() == b"rPh" => spoken += 1,
                Event::End(end) if end.local_name().as_ref() == b"rPh" => spoken = spoken.saturating_sub(1),
                Event::End(end) if end.local_name().as_ref() == name => return Ok(plain(&text)),
                Event::Text(text) => piece = text.xml10_content().map_err(|_| FileError::Damaged)?.into_owned(),
                Event::CData(text) => piece = text.decode().map_err(|_| FileError::Damaged)?.into_owned(),
                Event::GeneralRef(entity) => piece = reference(&entity)?.to_string(),
                _ => {}
            }
            if spoken == 0 && text.len() <= 4 * most + 4 {
                text.push_str(&piece);
            }
        }
    }
}

fn reference(entity: &quick_xml::events::BytesRef<'_>) -> Result<char, FileError> {
    if let Some(letter) = entity.resolve_char_ref().map_err(|_| FileError::Damaged)? {
        return Ok(letter);
    }
    match &**entity {
        b"amp" => Ok('&'),
        b"lt" => Ok('<'),
        b"gt" => Ok('>'),
        b"quot" => Ok('"'),
        b"apos" => Ok('\''),
        _ => Err(FileError::Damaged),
    }
}

/// Decodes characters that XML cannot represent and that are written as `_x000D_`.
fn plain(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find("_x") {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let letter = escape.get(2..6).filter(|_| escape.get(6..7) == Some("_"));
        match letter.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32) {
            Some(letter) => {
                out.push(letter);
                rest = escape.get(7..).unwrap_or_default();
            }
            None => {
                out.push_str("_x");
                rest = escape.get(2..).unwrap_or_default();
            }
        }
    }
    out + rest
}

/// Returns an attribute by its local name.
pub fn attribute(start: &BytesStart<'_>, name: &[u8]) -> Option<String> {
    let attribute = start.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    let text = std::str::from_utf8(&attribute.value).ok()?;
    quick_xml::escape::unescape(text).ok().map(std::borrow::Cow::into_owned)
}
