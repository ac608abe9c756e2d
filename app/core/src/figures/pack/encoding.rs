//! A year pack in bytes: tables by column, with codes and identifiers as numbers into dictionaries.

mod tables;

use super::columns::{Reader, UNEQUAL, Writer, unzigzag, zigzag};
use super::{IndicatorFigures, MONTHS, Row, Scope, YearPack};
use crate::values::quantity::{Qualifier, Quantity};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Version of the format.
const VERSION: u64 = 1;
/// Qualifiers by number.
const QUALIFIERS: [Qualifier; 4] = [Qualifier::Exact, Qualifier::AtLeast, Qualifier::MoreThan, Qualifier::About];
/// Numbers of a range table.
const TABLE: usize = MONTHS * (MONTHS + 1);

const UNKNOWN: &str = "a number is in no dictionary";

/// Dictionary of values by number.
struct Dictionary<T>(Vec<T>);

impl<T: Ord + Clone> Dictionary<T> {
    fn new(values: impl IntoIterator<Item = T>) -> Self {
        Self(values.into_iter().collect::<BTreeSet<T>>().into_iter().collect())
    }

    fn number(&self, value: &T) -> u64 {
        self.0.binary_search(value).unwrap_or_default() as u64
    }

    fn value(&self, number: u64) -> Result<T, &'static str> {
        usize::try_from(number).ok().and_then(|index| self.0.get(index)).cloned().ok_or(UNKNOWN)
    }
}

/// Returns the largest power of ten up to the unit that divides every number.
fn common_power(numbers: impl Iterator<Item = i64>) -> i64 {
    numbers.fold(10_000, |power, number| {
        let mut power = power;
        while number % power != 0 {
            power /= 10;
        }
        power
    })
}

fn qualifier_number(qualifier: Qualifier) -> u64 {
    QUALIFIERS.iter().position(|other| *other == qualifier).unwrap_or_default() as u64
}

fn qualifier_of(number: u64) -> Result<Qualifier, &'static str> {
    usize::try_from(number).ok().and_then(|index| QUALIFIERS.get(index)).copied().ok_or("not a qualifier")
}

/// Reads numbers that share a power of ten, `each` of them for each of `items` items.
fn scaled(reader: &mut Reader<'_>, items: usize, each: usize) -> Result<Vec<i64>, &'static str> {
    let power = i64::try_from(reader.number()?).map_err(|_| "not a power of ten")?;
    let numbers = reader.column()?;
    if Some(numbers.len()) != items.checked_mul(each) {
        return Err(UNEQUAL);
    }
    Ok(numbers.into_iter().map(|number| unzigzag(number).saturating_mul(power)).collect())
}

/// Returns a flag and a month as one number.
fn flagged(flag: bool, month: u8) -> u64 {
    u64::from(month) * 2 + u64::from(flag)
}

fn unflagged(number: u64) -> Result<(bool, u8), &'static str> {
    let month = u8::try_from(number / 2).ok().filter(|month| usize::from(*month) <= MONTHS);
    Ok((number % 2 == 1, month.ok_or("not a month")?))
}

impl YearPack {
    /// Encodes the pack. Of subjects it has the largest numbers among all entries only: unsent entries are not verified.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.number(VERSION);
        writer.number(zigzag(i64::from(self.year)));
        writer.number(zigzag(self.change));
        writer.text(&self.edition);
        writer.number(u64::from(self.base_change.is_some()));
        writer.number(zigzag(self.base_change.unwrap_or_default()));
        let pieces: Vec<String> = self.pieces.iter().map(ToString::to_string).collect();
        writer.texts(pieces.iter().map(String::as_str));
        let of_figures = self.scopes.values().flat_map(|figures| figures.keys());
        let indicators = Dictionary::new(of_figures.chain(self.subjects.keys().map(|(_, code, _)| code)).cloned());
        let scopes = Dictionary::new(self.scopes.keys().chain(self.subjects.keys().map(|(scope, ..)| scope)).cloned());
        writer.texts(indicators.0.iter().map(String::as_str));
        self.encode_scopes(&mut writer, &scopes);
        self.encode_rows(&mut writer, &scopes, &indicators);
        self.encode_latest(&mut writer, &scopes, &indicators);
        self.encode_ranges(&mut writer, &scopes, &indicators);
        self.encode_counts(&mut writer);
        self.encode_subjects(&mut writer, &scopes, &indicators);
        writer.0
    }

    /// Decodes a pack.
    pub fn decode(bytes: &[u8]) -> Result<Self, &'static str> {
        let mut reader = Reader(bytes);
        if reader.number()? != VERSION {
            return Err("a pack of another version");
        }
        let year = i32::try_from(unzigzag(reader.number()?)).map_err(|_| "not a year")?;
        let (change, edition) = (unzigzag(reader.number()?), reader.text()?);
        let (is_delta, base_change) = (reader.number()? == 1, unzigzag(reader.number()?));
        let pieces = reader.texts()?.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        let base_change = is_delta.then_some(base_change);
        let mut pack = Self { year, change, edition, base_change, pieces, ..Self::default() };
        let indicators = Dictionary(reader.texts()?);
        let scopes = decode_scopes(&mut reader)?;
        pack.decode_rows(&mut reader, &scopes, &indicators)?;
        pack.decode_latest(&mut reader, &scopes, &indicators)?;
        pack.decode_ranges(&mut reader, &scopes, &indicators)?;
        pack.decode_counts(&mut reader)?;
        pack.decode_subjects(&mut reader, &scopes, &indicators)?;
        Ok(pack)
    }

    /// Iterates over the figures with the numbers of their scope and indicator.
    fn numbered<'a>(
        &'a self,
        scopes: &'a Dictionary<Scope>,
        indicators: &'a Dictionary<String>,
    ) -> impl Iterator<Item = (u64, u64, &'a IndicatorFigures)> {
        self.scopes.iter().flat_map(move |(scope, figures)| {
            let scope = scopes.number(scope);
            let numbered = move |(code, figures)| (scope, indicators.number(code), figures);
            figures.iter().map(numbered)
        })
    }

    fn figures_mut(
        &mut self,
        (scope, indicator): (u64, u64),
        scopes: &Dictionary<Scope>,
        indicators: &Dictionary<String>,
    ) -> Result<&mut IndicatorFigures, &'static str> {
        let figures = self.scopes.entry(scopes.value(scope)?).or_default();
        Ok(figures.entry(indicators.value(indicator)?).or_default())
    }

    /// Writes the scopes: pairings as identifiers, others as texts.
    fn encode_scopes(&self, writer: &mut Writer, scopes: &Dictionary<Scope>) {
        let pairing = |scope: &Scope| match scope {
            Scope::Under(Some(id)) => Some(*id),
            _ => None,
        };
        let others: Vec<String> =
            scopes.0.iter().filter(|scope| pairing(scope).is_none()).map(ToString::to_string).collect();
        writer.texts(others.iter().map(String::as_str));
        writer.identifiers(&scopes.0.iter().filter_map(pairing).collect::<Vec<Uuid>>());
    }

    fn encode_rows(&self, writer: &mut Writer, scopes: &Dictionary<Scope>, indicators: &Dictionary<String>) {
        let powers: Vec<i64> = (0..indicators.0.len() as u64)
            .map(|number| {
                let of_indicator = self.numbered(scopes, indicators).filter(|(_, indicator, _)| *indicator == number);
                let rows = of_indicator.flat_map(|(.., figures)| &figures.rows);
                common_power(rows.map(|row| row.value.ten_thousandths()))
            })
            .collect();
        writer.column(&powers.iter().map(|power| *power as u64).collect::<Vec<u64>>());
        let (mut groups, mut counts) = (Vec::new(), Vec::new());
        let (mut keys, mut values, mut entries) = (Vec::new(), Vec::new(), Vec::new());
        let mut earlier = (0, 0);
        for (scope, indicator, figures) in self.numbered(scopes, indicators) {
            // Most scopes have the next indicator next.
            let next = if scope == earlier.0 { indicator.wrapping_sub(earlier.1) } else { indicator };
            groups.push((scope - earlier.0) * (indicators.0.len() as u64 + 1) + next);
            earlier = (scope, indicator);
            counts.push(figures.rows.len() as u64);
            let power = powers.get(indicator as usize).copied().unwrap_or(1);
            let mut before = 0;
            for row in &figures.rows {
                let key = (u64::from(row.verified) * 16 + u64::from(row.month)) * 4 + qualifier_number(row.qualifier);
                keys.push(key - before);
                before = key;
                values.push(zigzag(row.value.ten_thousandths() / power));
                entries.push(zigzag(row.entries));
            }
        }
        [groups, counts, keys, values, entries].iter().for_each(|column| writer.column(column));
    }

    fn decode_rows(
        &mut self,
        reader: &mut Reader<'_>,
        scopes: &Dictionary<Scope>,
        indicators: &Dictionary<String>,
    ) -> Result<(), &'static str> {
        let powers = reader.column()?;
        let [groups, counts] = reader.columns()?;
        let [keys, values, entries] = reader.columns()?;
        if counts.iter().copied().reduce(u64::saturating_add).unwrap_or_default() != keys.len() as u64 {
            return Err(UNEQUAL);
        }
        let mut columns = keys.into_iter().zip(values).zip(entries);
        let base = indicators.0.len() as u64 + 1;
        let mut earlier = (0_u64, 0_u64);
        for (group, count) in groups.into_iter().zip(counts) {
            let (scopes_on, next) = (group / base, group % base);
            let indicator = if scopes_on == 0 { earlier.1.wrapping_add(next) } else { next };
            earlier = (earlier.0.wrapping_add(scopes_on), indicator);
            let power = usize::try_from(indicator).ok().and_then(|number| powers.get(number)).copied();
            let power = i64::try_from(power.ok_or(UNKNOWN)?).map_err(|_| "not a power of ten")?;
            let figures = self.figures_mut(earlier, scopes, indicators)?;
            let mut before = 0_u64;
            for ((key, value), entries) in columns.by_ref().take(usize::try_from(count).unwrap_or_default()) {
                before = before.wrapping_add(key);
                let qualifier = qualifier_of(before % 4)?;
                let (verified, month) = (before / 64 == 1, (before / 4 % 16) as u8);
                let value = Quantity::from_ten_thousandths(unzigzag(value).saturating_mul(power));
                figures.rows.push(Row { month, verified, qualifier, value, entries: unzigzag(entries) });
            }
        }
        Ok(())
    }
}

/// Reads the scopes in the order of their dictionary.
fn decode_scopes(reader: &mut Reader<'_>) -> Result<Dictionary<Scope>, &'static str> {
    let mut scopes: Vec<Scope> = reader.texts()?.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
    scopes.extend(reader.identifiers()?.into_iter().map(|id| Scope::Under(Some(id))));
    scopes.sort();
    Ok(Dictionary(scopes))
}
