//! Addresses: `IsInCIDR` and `CommunityID`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use data_encoding::BASE64;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::{Arg, Arguments, Converter, Function, converter};
use crate::ottl::{cursor::View, error::Error, expr::Expr, failure::Failure, value::Value};

pub(super) const FUNCTIONS: &[Function] = &[
    converter(
        "IsInCIDR",
        &["target", "networks"],
        "whether an address is in one of many networks; false for what is no address",
        is_in_cidr,
    ),
    converter(
        "CommunityID",
        &["source_ip", "source_port", "destination_ip", "destination_port", "protocol?", "seed?"],
        "the Community ID of a connection, the same in both directions",
        community_id,
    ),
];

/// A network. Addresses of IPv4 that are written as IPv6 are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Network {
    V4(u32, u32),
    V6(u128, u32),
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        if !prefix.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let prefix: u32 = prefix.parse().ok()?;
        match address.parse().ok()? {
            IpAddr::V4(address) if prefix <= 32 => Some(Self::v4(address, prefix)),
            IpAddr::V6(address) if prefix <= 128 => {
                let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or_default();
                let masked = Ipv6Addr::from(u128::from(address) & mask);
                Some(match masked.to_ipv4_mapped() {
                    Some(address) => Self::v4(address, prefix.saturating_sub(96)),
                    None => Self::V6(masked.into(), prefix),
                })
            }
            _ => None,
        }
    }

    fn v4(address: Ipv4Addr, prefix: u32) -> Self {
        let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or_default();
        Self::V4(u32::from(address) & mask, prefix)
    }

    fn has(self, address: IpAddr) -> bool {
        match (self, address.to_canonical()) {
            (Self::V4(network, prefix), IpAddr::V4(address)) => {
                (network ^ u32::from(address)).leading_zeros() >= prefix
            }
            (Self::V6(network, prefix), IpAddr::V6(address)) => {
                (network ^ u128::from(address)).leading_zeros() >= prefix
            }
            _ => false,
        }
    }
}

/// A network that is known since the start, or only when a statement runs.
#[derive(Debug)]
enum Given {
    Known(Network),
    Unknown(Expr),
}

impl Given {
    fn has(&self, address: IpAddr, view: View<'_>) -> Result<bool, Failure> {
        match self {
            Self::Known(network) => Ok(network.has(address)),
            Self::Unknown(expr) => {
                let text = expr.text(view)?;
                let network =
                    Network::parse(&text).ok_or_else(|| Failure::new(no_network(&text)))?;
                Ok(network.has(address))
            }
        }
    }
}

fn no_network(text: &str) -> String {
    format!("{text:?} is no network such as 10.0.0.0/8")
}

fn is_in_cidr(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    let networks = arguments.get("networks")?.elements()?.into_iter().map(network);
    let networks = networks.collect::<Result<Vec<_>, _>>()?;
    Ok(Converter::pure(move |view| {
        let Ok(address) = target.text(view)?.parse::<IpAddr>() else {
            return Ok(Value::Bool(false));
        };
        for network in &networks {
            if network.has(address, view)? {
                return Ok(Value::Bool(true));
            }
        }
        Ok(Value::Bool(false))
    }))
}

fn network(given: Arg<'_>) -> Result<Given, Error> {
    match given.text()? {
        Expr::Constant(Value::Text(text)) => match Network::parse(&text) {
            Some(network) => Ok(Given::Known(network)),
            None => Err(given.error(no_network(&text))),
        },
        expr => Ok(Given::Unknown(expr)),
    }
}

fn community_id(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let source = (arguments.get("source_ip")?.text()?, arguments.get("source_port")?.int()?);
    let destination =
        (arguments.get("destination_ip")?.text()?, arguments.get("destination_port")?.int()?);
    let protocol = arguments.find("protocol").map(Arg::text).transpose()?;
    let seed = arguments.find("seed").map(Arg::int).transpose()?;
    Ok(Converter::pure(move |view| {
        let mut ends = [end(&source, view)?, end(&destination, view)?];
        // The shorter address comes first, then the lower one.
        ends.sort_by(|(a, a_port), (b, b_port)| (a.len(), a, a_port).cmp(&(b.len(), b, b_port)));
        let protocol = match &protocol {
            Some(protocol) => protocol_number(&protocol.text(view)?)?,
            None => 6,
        };
        let seed = match &seed {
            Some(seed) => short("a seed", seed.int(view)?)?,
            None => 0,
        };
        let [(low, low_port), (high, high_port)] = ends;
        let mut flow = seed.to_be_bytes().to_vec();
        flow.extend(low);
        flow.extend(high);
        flow.extend([protocol, 0]);
        flow.extend(low_port.to_be_bytes());
        flow.extend(high_port.to_be_bytes());
        let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, &flow);
        Ok(Value::from(format!("1:{}", BASE64.encode(digest.as_ref()))))
    }))
}

fn end((address, port): &(Expr, Expr), view: View<'_>) -> Result<(Vec<u8>, u16), Failure> {
    let text = address.text(view)?;
    let port = short("a port", port.int(view)?)?;
    let address = text
        .parse::<IpAddr>()
        .map_err(|_| Failure::new(format!("{text:?} is no address of IPv4 or IPv6")))?;
    let bytes = match address.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    Ok((bytes, port))
}

fn short(what: &str, int: i64) -> Result<u16, Failure> {
    u16::try_from(int).map_err(|_| Failure::new(format!("{what} is from 0 to 65535, not {int}")))
}

fn protocol_number(name: &str) -> Result<u8, Failure> {
    Ok(match name {
        "ICMP" => 1,
        "TCP" => 6,
        "UDP" => 17,
        "RSVP" => 46,
        "ICMP6" => 58,
        "SCTP" => 132,
        other => {
            let known = "ICMP, TCP, UDP, RSVP, ICMP6 or SCTP";
            return Err(Failure::new(format!("a protocol is {known}, not {other:?}")));
        }
    })
}
