//! Instants in UTC, cut to microseconds, and calendar dates in Europe/London.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Europe::London;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write as _};
use std::str::FromStr;

/// A calendar date in Europe/London, the kind that legal periods are counted in.
pub type LocalDate = NaiveDate;

/// A moment in UTC, cut to microseconds so that both databases hold it exactly.
///
/// Shown to people in Europe/London with its zone; in JSON as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(DateTime<Utc>);

/// A date or time that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not written as a date.
    #[error("Enter a date as day, month and year, like 15/1/2027")]
    NotADate,
    /// Written as a date that no calendar has, such as 31 February.
    #[error("There is no such day. Check the day and the month, like 15/1/2027")]
    NoSuchDay,
    /// A year before 1900 or after 2200, perhaps two figures of one.
    #[error("Enter the year in four figures, between 1900 and 2200, like 15/1/2027")]
    YearOutOfRange,
    /// Not a time of day.
    #[error("Enter a time, like 12:00")]
    NotATime,
    /// The clocks go forward over this time: it does not exist that day.
    #[error("This time does not exist: the clocks go forward then")]
    Skipped,
}

impl Instant {
    /// Cuts to microseconds.
    #[must_use]
    pub fn from_utc(at: DateTime<Utc>) -> Self {
        Instant(at.with_nanosecond(at.nanosecond() / 1000 * 1000).unwrap_or(at))
    }

    /// From what a `TIMESTAMP` column holds.
    #[must_use]
    pub fn from_naive(at: NaiveDateTime) -> Self {
        Self::from_utc(at.and_utc())
    }

    /// What a `TIMESTAMP` column holds.
    #[must_use]
    pub fn naive(self) -> NaiveDateTime {
        self.0.naive_utc()
    }

    /// A wall-clock time in Europe/London. An hour that comes twice in autumn is the first of the two.
    ///
    /// # Errors
    /// [`TimeError::Skipped`] in the hour that spring leaves out.
    pub fn from_london(date: LocalDate, time: NaiveTime) -> Result<Self, TimeError> {
        London
            .from_local_datetime(&date.and_time(time))
            .earliest()
            .map(|t| Self::from_utc(t.with_timezone(&Utc)))
            .ok_or(TimeError::Skipped)
    }

    /// The first moment of a date in Europe/London.
    #[must_use]
    pub fn start_of(date: LocalDate) -> Self {
        Self::from_london(date, NaiveTime::MIN).unwrap_or_else(|_| Self::from_naive(date.and_time(NaiveTime::MIN)))
    }

    /// The date in Europe/London at this moment.
    #[must_use]
    pub fn date(self) -> LocalDate {
        self.0.with_timezone(&London).date_naive()
    }

    /// The time of day in Europe/London, `HH:MM`, for inputs.
    #[must_use]
    pub fn time_of_day(self) -> String {
        self.0.with_timezone(&London).format("%H:%M").to_string()
    }

    /// Microseconds since 1970, for cursors.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// From microseconds since 1970.
    #[must_use]
    pub fn from_micros(micros: i64) -> Option<Self> {
        DateTime::from_timestamp_micros(micros).map(Instant)
    }

    /// Later (or earlier) by a span; stays where it is at the ends of time.
    #[must_use]
    pub fn plus(self, span: TimeDelta) -> Self {
        Instant(self.0.checked_add_signed(span).unwrap_or(self.0))
    }

    /// How long after another moment.
    #[must_use]
    pub fn since(self, earlier: Instant) -> TimeDelta {
        self.0 - earlier.0
    }

    /// RFC 3339 in UTC with microseconds: the form that hashes and receipts quote.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.0.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
    }

    /// For people: "noon on Friday 15 January 2027 (GMT)".
    #[must_use]
    pub fn long(self) -> String {
        let local = self.0.with_timezone(&London);
        let zone = if local.offset().fix().local_minus_utc() == 0 { "GMT" } else { "BST" };
        let local = local.naive_local();
        // One text that grows: a list says it on every row.
        let mut text = clock_time(local.hour(), local.minute());
        text.reserve(48);
        text.push_str(" on ");
        push_long_date(&mut text, local.date());
        text.push_str(" (");
        text.push_str(zone);
        text.push(')');
        text
    }

    /// For tables and notes: "18 November 2026, 10:20am (GMT)".
    #[must_use]
    pub fn medium(self) -> String {
        let local = self.0.with_timezone(&London);
        let zone = if local.offset().fix().local_minus_utc() == 0 { "GMT" } else { "BST" };
        format!("{}, {} ({zone})", medium_date(local.date_naive()), clock_time(local.hour(), local.minute()))
    }

    /// To the second, with zone, where the second decides: "15 January 2027 at 12:00:03.000417 (GMT)".
    #[must_use]
    pub fn exact(self) -> String {
        let local = self.0.with_timezone(&London);
        let zone = if local.offset().fix().local_minus_utc() == 0 { "GMT" } else { "BST" };
        format!("{} at {} ({zone})", medium_date(local.date_naive()), local.format("%H:%M:%S%.6f"))
    }

    /// For `datetime` attributes.
    #[must_use]
    pub fn machine(self) -> String {
        self.0.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }
}

fn clock_time(hour: u32, minute: u32) -> String {
    let twelve = if hour.is_multiple_of(12) { 12 } else { hour % 12 };
    let half = if hour < 12 { "am" } else { "pm" };
    match (hour, minute) {
        (12, 0) => "noon".to_owned(),
        (0, 0) => "midnight".to_owned(),
        (_, 0) => format!("{twelve}{half}"),
        _ => format!("{twelve}:{minute:02}{half}"),
    }
}

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn month(date: LocalDate) -> &'static str {
    usize::try_from(date.month0()).ok().and_then(|place| MONTHS.get(place)).copied().unwrap_or_default()
}

/// "Friday 15 January 2027".
#[must_use]
pub fn long_date(date: LocalDate) -> String {
    let mut text = String::new();
    push_long_date(&mut text, date);
    text
}

fn push_long_date(text: &mut String, date: LocalDate) {
    let day = usize::try_from(date.weekday().num_days_from_monday()).ok().and_then(|place| DAYS.get(place)).copied();
    // Writing into a text never fails.
    let _ = write!(text, "{} {} {} {}", day.unwrap_or_default(), date.day(), month(date), date.year());
}

/// "15 January 2027".
#[must_use]
pub fn medium_date(date: LocalDate) -> String {
    format!("{} {} {}", date.day(), month(date), date.year())
}

/// "15 Jan 2027", for dense tables.
#[must_use]
pub fn short_date(date: LocalDate) -> String {
    format!("{} {} {}", date.day(), month(date).get(..3).unwrap_or_default(), date.year())
}

/// How far a date is from today, in words: "in 7 weeks and 3 days", "tomorrow", "24 days ago".
#[must_use]
pub fn distance(today: LocalDate, date: LocalDate) -> String {
    let days = (date - today).num_days();
    match days {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        -1 => "yesterday".to_owned(),
        _ => {
            // One text that grows: a list says it on every row.
            let mut text = String::with_capacity(32);
            text.push_str(if days > 0 { "in " } else { "" });
            push_span(&mut text, days.unsigned_abs());
            text.push_str(if days > 0 { "" } else { " ago" });
            text
        }
    }
}

/// Days up to three weeks, then weeks, then years, each with what is left over in the next smaller.
fn push_span(text: &mut String, days: u64) {
    let (most, rest) = match days {
        0..=20 => ((days, "day"), (0, "")),
        21..=364 => ((days / 7, "week"), (days % 7, "day")),
        _ => ((days / 365, "year"), (days % 365 / 7, "week")),
    };
    push_count(text, most);
    if rest.0 > 0 {
        text.push_str(" and ");
        push_count(text, rest);
    }
}

fn push_count(text: &mut String, (count, one): (u64, &str)) {
    // Writing into a text never fails.
    let _ = write!(text, "{count} {one}{}", if count == 1 { "" } else { "s" });
}

/// A month by its number or its English name, as pages show it.
fn month_number(text: &str) -> Option<u32> {
    text.parse().ok().or_else(|| text.parse::<chrono::Month>().ok().map(|month| month.number_from_month()))
}

/// Reads an ISO date (`2027-01-15`) or the British forms (`15/1/2027`, `15 1 2027`, `15 January 2027`).
///
/// # Errors
/// [`TimeError::NotADate`], [`TimeError::NoSuchDay`], [`TimeError::YearOutOfRange`].
pub fn parse_date(text: &str) -> Result<LocalDate, TimeError> {
    let parts: Vec<&str> = text.trim().split(['/', ' ', '.', '-']).filter(|p| !p.is_empty()).collect();
    let [first, month, last] = parts.as_slice() else { return Err(TimeError::NotADate) };
    // Four figures in front are the year of an ISO date.
    let (year, day) = if first.len() == 4 { (first, last) } else { (last, first) };
    let (year, day): (i32, u32) =
        (year.parse().map_err(|_| TimeError::NotADate)?, day.parse().map_err(|_| TimeError::NotADate)?);
    let month = month_number(month).ok_or(TimeError::NotADate)?;
    if !(1900..=2200).contains(&year) {
        return Err(TimeError::YearOutOfRange);
    }
    NaiveDate::from_ymd_opt(year, month, day).ok_or(TimeError::NoSuchDay)
}

/// Whether a London time comes twice on a day, because the clocks go back over it.
#[must_use]
pub fn is_twice(date: LocalDate, time: NaiveTime) -> bool {
    matches!(London.from_local_datetime(&date.and_time(time)), chrono::LocalResult::Ambiguous(..))
}

/// Reads a time of day: `12:00`, `9:30`, `noon`, `5pm`, `10:20am`.
///
/// # Errors
/// [`TimeError::NotATime`].
pub fn parse_time(text: &str) -> Result<NaiveTime, TimeError> {
    let text = text.trim().to_ascii_lowercase().replace(' ', "");
    if text == "noon" || text == "midday" {
        return NaiveTime::from_hms_opt(12, 0, 0).ok_or(TimeError::NotATime);
    }
    let (digits, half) = match text.strip_suffix("am") {
        Some(digits) => (digits, Some(0)),
        None => match text.strip_suffix("pm") {
            Some(digits) => (digits, Some(12)),
            None => (text.as_str(), None),
        },
    };
    let (hour, minute) = digits.split_once([':', '.']).unwrap_or((digits, if half.is_some() { "0" } else { "" }));
    let hour: u32 = hour.parse().map_err(|_| TimeError::NotATime)?;
    let minute: u32 = minute.parse().map_err(|_| TimeError::NotATime)?;
    let hour = match half {
        Some(shift) if (1..=12).contains(&hour) => hour % 12 + shift,
        Some(_) => return Err(TimeError::NotATime),
        None => hour,
    };
    NaiveTime::from_hms_opt(hour, minute, 0).ok_or(TimeError::NotATime)
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl FromStr for Instant {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        DateTime::parse_from_rfc3339(text.trim())
            .map(|t| Self::from_utc(t.with_timezone(&Utc)))
            .map_err(|_| TimeError::NotADate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> LocalDate {
        parse_date(text).unwrap()
    }

    #[test]
    fn a_deadline_is_shown_in_london_with_its_zone() {
        let noon = Instant::from_london(date("2027-01-15"), parse_time("noon").unwrap()).unwrap();
        assert_eq!(noon.long(), "noon on Friday 15 January 2027 (GMT)");
        let summer = Instant::from_london(date("2027-07-01"), parse_time("5pm").unwrap()).unwrap();
        assert_eq!(summer.long(), "5pm on Thursday 1 July 2027 (BST)");
        assert_eq!(summer.machine(), "2027-07-01T16:00:00Z");
    }

    #[test]
    fn the_hour_that_spring_leaves_out_is_refused_and_the_one_that_comes_twice_is_the_first() {
        assert_eq!(Instant::from_london(date("2027-03-28"), parse_time("1:30").unwrap()), Err(TimeError::Skipped));
        let twice = Instant::from_london(date("2026-10-25"), parse_time("1:30").unwrap()).unwrap();
        assert_eq!(twice.machine(), "2026-10-25T00:30:00Z");
    }

    #[test]
    fn an_evening_in_summer_belongs_to_the_london_date() {
        let late: Instant = "2026-06-30T23:30:00Z".parse().unwrap();
        assert_eq!(late.date(), date("2026-07-01"));
    }

    #[test]
    fn dates_and_times_are_read_as_people_write_them() {
        assert_eq!(date("15/1/2027"), date("2027-01-15"));
        assert_eq!(date("15 January 2027"), date("2027-01-15"));
        assert_eq!(date("3 jul 2027"), date("2027-07-03"));
        assert_eq!(parse_date("3 Smarch 2027"), Err(TimeError::NotADate));
        assert_eq!(parse_date("31/2/2027"), Err(TimeError::NoSuchDay));
        assert_eq!(parse_date("15/1/27"), Err(TimeError::YearOutOfRange));
        assert_eq!(parse_date("15-1-2027"), Ok(date("2027-01-15")));
        assert_eq!(parse_time("5pm"), parse_time("17:00"));
        assert_eq!(parse_time("12am"), parse_time("0:00"));
        assert_eq!(parse_time("25:00"), Err(TimeError::NotATime));
        assert_eq!(parse_time("7"), Err(TimeError::NotATime));
    }

    #[test]
    fn distances_are_said_in_words() {
        let today = date("2026-11-24");
        assert_eq!(distance(today, date("2027-01-15")), "in 7 weeks and 3 days");
        assert_eq!(distance(today, date("2026-10-31")), "3 weeks and 3 days ago");
        assert_eq!(distance(today, today), "today");
        let said = |days| distance(today, today + TimeDelta::days(days));
        assert_eq!([said(1), said(-1), said(2), said(-20)], ["tomorrow", "yesterday", "in 2 days", "20 days ago"]);
        assert_eq!([said(21), said(22), said(364)], ["in 3 weeks", "in 3 weeks and 1 day", "in 52 weeks"]);
        assert_eq!([said(365), said(371), said(372)], ["in 1 year", "in 1 year", "in 1 year and 1 week"]);
        assert_eq!(said(-1000), "2 years and 38 weeks ago");
    }
}
