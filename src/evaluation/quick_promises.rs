//! Promises held against the highest of the field, for the quick tables: what counts of each at every level that judges it.

use super::answers::Index;
use super::leaves::{Scored, part_of};
use super::model::{Kind, Measure, Model, SocialValueMethod};
use super::quick::{Units, units};
use super::social_value::{measure_value, target_value};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// A criterion of social value in which rivals are the yardstick.
pub(super) struct Promises<'m> {
    pub points: Decimal,
    pub method: SocialValueMethod,
    pub measures: &'m [Measure],
    /// The slot of each bid whose level decides how far it is believed.
    pub slots: Vec<Option<usize>>,
    /// By bid and position of that level: what counts.
    pub effective: Vec<Vec<Option<Vec<Decimal>>>>,
}

impl Promises<'_> {
    /// Notes what counts of the next bid's promises at every level.
    pub fn take(&mut self, index: &Index<'_>, scored: &Scored<'_>, slots: &HashMap<usize, usize>) {
        let place = index.nodes.iter().position(|node| {
            matches!(&node.criterion.kind, Kind::SocialValue { measures, .. } if std::ptr::eq(measures.as_slice(), self.measures))
        });
        let Some((place, Kind::SocialValue { deliverability, .. })) =
            place.and_then(|place| index.nodes.get(place).map(|node| (place, &node.criterion.kind)))
        else {
            return;
        };
        let rule = deliverability.as_ref();
        let judge = rule.and_then(|rule| index.place(&rule.criterion));
        let targets = target_value(self.measures);
        let counted = |tried: &Scored<'_>| {
            tried.effective(index, place, self.measures, rule).map(|own| {
                if self.method.is_valued() {
                    vec![self.measures.iter().zip(own).map(|(m, q)| measure_value(m, q, targets)).sum()]
                } else {
                    own
                }
            })
        };
        let levels: Vec<u32> = match judge.and_then(|judge| index.nodes.get(judge)).map(|node| &node.criterion.kind) {
            Some(Kind::Quality { levels }) => levels.iter().map(|l| l.level).collect(),
            _ => Vec::new(),
        };
        let mut by_level = Vec::with_capacity(levels.len());
        if levels.is_empty() {
            by_level.push(counted(scored));
        }
        for level in levels {
            let mut tried = Scored::new(scored.answers.clone(), 0);
            if let Some(given) = judge.and_then(|judge| tried.answers.levels.get_mut(judge)) {
                *given = Some(level);
            }
            by_level.push(counted(&tried));
        }
        self.slots.push(judge.and_then(|judge| slots.get(&judge)).copied());
        self.effective.push(by_level);
    }

    pub fn scores(&self, model: &Model, valid: &[bool], positions: &[usize]) -> Vec<Units> {
        let now: Vec<Option<&Vec<Decimal>>> = self
            .effective
            .iter()
            .zip(&self.slots)
            .map(|(by_level, slot)| {
                let at = slot.and_then(|slot| positions.get(slot)).copied().unwrap_or_default();
                by_level.get(at).and_then(Option::as_ref)
            })
            .collect();
        let width = if self.method.is_valued() { 1 } else { self.measures.len() };
        let mut highest = vec![Decimal::ZERO; width];
        for own in now.iter().zip(valid).filter(|(_, valid)| **valid).filter_map(|(own, _)| *own) {
            for (most, own) in highest.iter_mut().zip(own) {
                *most = (*most).max(*own);
            }
        }
        now.into_iter()
            .zip(valid)
            .map(|(own, valid)| match own {
                Some(own) if *valid => self.points(model, own, &highest),
                _ => 0,
            })
            .collect()
    }

    fn points(&self, model: &Model, own: &[Decimal], highest: &[Decimal]) -> Units {
        if self.method.is_valued() {
            let (value, most) = (own.first().copied(), highest.first().copied());
            let points = part_of(self.points, value.unwrap_or_default(), most.unwrap_or_default());
            return units(model, model.rounding.round(points));
        }
        let mut sum = 0;
        for ((measure, own), most) in self.measures.iter().zip(own).zip(highest) {
            let available = (self.points * measure.weight / Decimal::ONE_HUNDRED).normalize();
            let earned = part_of(available, *own, *most);
            let capped = measure.cap.map_or(earned, |cap| earned.min(cap * self.points));
            sum += units(model, model.rounding.round(capped));
        }
        sum
    }
}
