//! The plain way in floats: Newton's method from 10 %, Brent's when it fails.
#![allow(clippy::many_single_char_names, reason = "the letters of Brent's paper")]

use commonweal::finance::Flow;

/// Years from the first flow, and pounds.
pub fn plain(flows: &[Flow]) -> Vec<(f64, f64)> {
    let first = flows[0].date;
    flows
        .iter()
        .map(|f| {
            let days = i32::try_from((f.date - first).num_days()).unwrap();
            let pence: f64 = f.amount.0.to_string().parse().unwrap();
            (f64::from(days) / 365.0, pence / 100.0)
        })
        .collect()
}

fn present_value(flows: &[(f64, f64)], rate: f64) -> (f64, f64) {
    let g = rate.ln_1p();
    let (mut value, mut slope) = (0.0, 0.0);
    for &(t, amount) in flows {
        let present = amount * (-t * g).exp();
        value += present;
        slope -= t * present;
    }
    (value, slope / (1.0 + rate))
}

pub fn yardstick(flows: &[(f64, f64)]) -> Option<f64> {
    let mut rate = 0.1;
    for _ in 0..50 {
        let (value, slope) = present_value(flows, rate);
        let next = rate - value / slope;
        if !next.is_finite() || next <= -1.0 {
            break;
        }
        if (next - rate).abs() < 1e-10 {
            return Some(next);
        }
        rate = next;
    }
    brent(flows, -0.999_999, 100.0)
}

fn brent(flows: &[(f64, f64)], low: f64, high: f64) -> Option<f64> {
    let value = |rate| present_value(flows, rate).0;
    let (mut a, mut b) = (low, high);
    let (mut fa, mut fb) = (value(a), value(b));
    if fa * fb > 0.0 {
        return None;
    }
    let (mut c, mut fc, mut d, mut e) = (a, fa, b - a, b - a);
    for _ in 0..200 {
        if fb * fc > 0.0 {
            (c, fc, d) = (a, fa, b - a);
            e = d;
        }
        if fc.abs() < fb.abs() {
            (a, b, c) = (b, c, b);
            (fa, fb, fc) = (fb, fc, fb);
        }
        let half = (c - b) / 2.0;
        if half.abs() < 1e-12 || fb == 0.0 {
            return Some(b);
        }
        if e.abs() > 1e-12 && fa.abs() > fb.abs() {
            let s = fb / fa;
            let (mut p, mut q) = if (a - c).abs() < f64::EPSILON {
                (2.0 * half * s, 1.0 - s)
            } else {
                let (q, r) = (fa / fc, fb / fc);
                (s * (2.0 * half * q * (q - r) - (b - a) * (r - 1.0)), (q - 1.0) * (r - 1.0) * (s - 1.0))
            };
            if p > 0.0 {
                q = -q;
            }
            p = p.abs();
            if 2.0 * p < (3.0 * half * q - (1e-12 * q).abs()).min((e * q).abs()) {
                (e, d) = (d, p / q);
            } else {
                (d, e) = (half, half);
            }
        } else {
            (d, e) = (half, half);
        }
        (a, fa) = (b, fb);
        b += if d.abs() > 1e-12 { d } else { 1e-12_f64.copysign(half) };
        fb = value(b);
    }
    None
}
