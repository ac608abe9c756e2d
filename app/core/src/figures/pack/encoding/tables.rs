//! Tables of a year pack in bytes: latest values, ranges of months, entry counts, and largest numbers of subjects.

use super::{Dictionary, TABLE, common_power, flagged, qualifier_number, qualifier_of, scaled, unflagged};
use crate::figures::entry_count::EntryCount;
use crate::figures::pack::columns::{Reader, UNEQUAL, Writer, unzigzag, zigzag};
use crate::figures::pack::{LatestRow, MONTHS, Maxima, RangeTable, Scope, YearPack};
use crate::values::month::Month;
use crate::values::quantity::Quantity;
use time::Date;
use uuid::Uuid;

impl YearPack {
    pub(super) fn encode_latest(
        &self,
        writer: &mut Writer,
        scopes: &Dictionary<Scope>,
        indicators: &Dictionary<String>,
    ) {
        let mut columns: [Vec<u64>; 6] = Default::default();
        let mut ids = Vec::new();
        for (scope, indicator, figures) in self.numbered(scopes, indicators) {
            for row in &figures.latest {
                let day = row.last.map_or(0, |(date, _)| u64::from(date.ordinal()));
                ids.push(row.last.map(|(_, id)| id).unwrap_or_default());
                let value = zigzag(row.value.ten_thousandths());
                let numbers =
                    [scope, indicator, flagged(row.verified, row.month), day, qualifier_number(row.qualifier), value];
                columns.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
            }
        }
        columns.iter().for_each(|column| writer.column(column));
        writer.identifiers(&ids);
    }

    pub(super) fn decode_latest(
        &mut self,
        reader: &mut Reader<'_>,
        scopes: &Dictionary<Scope>,
        indicators: &Dictionary<String>,
    ) -> Result<(), &'static str> {
        let [of_scope, of_indicator, months, days, qualifiers, values] = reader.columns()?;
        let ids = reader.identifiers()?;
        if ids.len() != values.len() {
            return Err(UNEQUAL);
        }
        let rows = of_scope.into_iter().zip(of_indicator).zip(months).zip(days.into_iter().zip(qualifiers).zip(values));
        for ((((scope, indicator), month), ((day, qualifier), value)), id) in rows.zip(ids) {
            let (verified, month) = unflagged(month)?;
            let date = || Date::from_ordinal_date(self.year, u16::try_from(day).unwrap_or_default());
            let last = if day == 0 { None } else { Some((date().map_err(|_| "not a day")?, id)) };
            let qualifier = qualifier_of(qualifier)?;
            let value = Quantity::from_ten_thousandths(unzigzag(value));
            let row = LatestRow { month, verified, last, value, qualifier };
            self.figures_mut((scope, indicator), scopes, indicators)?.latest.push(row);
        }
        Ok(())
    }

    pub(super) fn encode_ranges(
        &self,
        writer: &mut Writer,
        scopes: &Dictionary<Scope>,
        indicators: &Dictionary<String>,
    ) {
        let tables = || {
            let tables = self.numbered(scopes, indicators);
            tables.filter_map(|(scope, indicator, figures)| Some((scope, indicator, figures.ranges.as_ref()?)))
        };
        writer.column(&tables().map(|(scope, ..)| scope).collect::<Vec<u64>>());
        writer.column(&tables().map(|(_, indicator, _)| indicator).collect::<Vec<u64>>());
        let differences: Vec<i64> = tables().flat_map(|(.., ranges)| ranges.to_differences()).collect();
        let power = common_power(differences.iter().copied());
        writer.number(power as u64);
        writer.column(&differences.iter().map(|difference| zigzag(difference / power)).collect::<Vec<u64>>());
    }

    pub(super) fn decode_ranges(
        &mut self,
        reader: &mut Reader<'_>,
        scopes: &Dictionary<Scope>,
        indicators: &Dictionary<String>,
    ) -> Result<(), &'static str> {
        let [of_scope, of_indicator] = reader.columns()?;
        let differences = scaled(reader, of_scope.len(), TABLE)?;
        for (key, table) in of_scope.into_iter().zip(of_indicator).zip(differences.chunks(TABLE)) {
            let table = RangeTable::from_differences(table).ok_or("a table of months is cut off")?;
            self.figures_mut(key, scopes, indicators)?.ranges = Some(table);
        }
        Ok(())
    }

    pub(super) fn encode_counts(&self, writer: &mut Writer) {
        let programmes = Dictionary::new(self.counts.iter().map(|count| count.programme.clone()));
        let places = Dictionary::new(self.counts.iter().map(|count| count.place.clone()));
        let ids = Dictionary::new(self.counts.iter().flat_map(|count| [count.pairing, count.organisation]).flatten());
        writer.texts(programmes.0.iter().map(String::as_str));
        writer.texts(places.0.iter().map(String::as_str));
        writer.identifiers(&ids.0);
        let column = |number: &dyn Fn(&EntryCount) -> u64| self.counts.iter().map(number).collect::<Vec<u64>>();
        let id = |id: Option<Uuid>| id.map_or(0, |id| ids.number(&id) + 1);
        writer.column(&column(&|count| programmes.number(&count.programme)));
        writer.column(&column(&|count| places.number(&count.place)));
        writer.column(&column(&|count| id(count.pairing)));
        writer.column(&column(&|count| id(count.organisation)));
        writer.column(&column(&|count| flagged(count.verified, count.month.number())));
        writer.column(&column(&|count| zigzag(count.entries)));
    }

    pub(super) fn decode_counts(&mut self, reader: &mut Reader<'_>) -> Result<(), &'static str> {
        let (programmes, places) = (Dictionary(reader.texts()?), Dictionary(reader.texts()?));
        let ids = Dictionary(reader.identifiers()?);
        let id = |number: u64| number.checked_sub(1).map(|number| ids.value(number)).transpose();
        let all: Vec<Month> = Month::first_of(self.year).to(Month::last_of(self.year)).collect();
        let [of_programme, of_place, pairings, organisations, months, entries] = reader.columns()?;
        let rows = of_programme.into_iter().zip(of_place).zip(pairings.into_iter().zip(organisations));
        for (((programme, place), (pairing, organisation)), (month, entries)) in
            rows.zip(months.into_iter().zip(entries))
        {
            let (verified, month) = unflagged(month)?;
            self.counts.push(EntryCount {
                programme: programmes.value(programme)?,
                place: places.value(place)?,
                pairing: id(pairing)?,
                organisation: id(organisation)?,
                month: *all.get(usize::from(month).wrapping_sub(1)).ok_or("not a month")?,
                verified,
                entries: unzigzag(entries),
            });
        }
        Ok(())
    }

    pub(super) fn encode_subjects(
        &self,
        writer: &mut Writer,
        scopes: &Dictionary<Scope>,
        indicators: &Dictionary<String>,
    ) {
        let subjects = Dictionary::new(self.subjects.keys().map(|(.., subject)| subject.clone()));
        writer.texts(subjects.0.iter().map(String::as_str));
        let column = |number: &dyn Fn(&(Scope, String, String)) -> u64| self.subjects.keys().map(number).collect();
        let columns: [Vec<u64>; 3] = [
            column(&|(scope, ..)| scopes.number(scope)),
            column(&|(_, indicator, _)| indicators.number(indicator)),
            column(&|(.., subject)| subjects.number(subject)),
        ];
        columns.iter().for_each(|column| writer.column(column));
        let numbers = || self.subjects.values().flat_map(|maxima| maxima.all);
        let power = common_power(numbers());
        writer.number(power as u64);
        writer.column(&numbers().map(|number| zigzag(number / power)).collect::<Vec<u64>>());
    }

    pub(super) fn decode_subjects(
        &mut self,
        reader: &mut Reader<'_>,
        scopes: &Dictionary<Scope>,
        indicators: &Dictionary<String>,
    ) -> Result<(), &'static str> {
        let subjects = Dictionary(reader.texts()?);
        let [of_scope, of_indicator, of_subject] = reader.columns()?;
        let numbers = scaled(reader, of_scope.len(), MONTHS)?;
        let keys = of_scope.into_iter().zip(of_indicator).zip(of_subject);
        for (((scope, indicator), subject), numbers) in keys.zip(numbers.chunks(MONTHS)) {
            let key = (scopes.value(scope)?, indicators.value(indicator)?, subjects.value(subject)?);
            let all = numbers.try_into().map_err(|_| "a list of months is cut off")?;
            self.subjects.insert(key, Maxima { all, ..Maxima::default() });
        }
        Ok(())
    }
}
