//! Checks resolved addresses at connect time and only dials those that pass. This blocks a name that resolves to a
//! public address at registration and to a private one later.

use std::net::SocketAddr;

use domain::guard::{self, Refusal, TargetPolicy};
use transport::{Resolve, Resolving, SystemResolver};

/// Resolves names like the operating system and leaves out addresses that the policy rejects.
pub(crate) struct GuardedResolver {
    pub(crate) policy: TargetPolicy,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: String) -> Resolving {
        let policy = self.policy;
        let resolving = SystemResolver.resolve(name);
        Box::pin(async move { Ok(allowed(resolving.await?, policy)?) })
    }
}

/// Returns the addresses that may be dialled, or the refusal of the first if none may.
fn allowed(found: Vec<SocketAddr>, policy: TargetPolicy) -> Result<Vec<SocketAddr>, Refusal> {
    let mut refusal = None;
    let mut good = vec![];
    for address in found {
        match guard::judge_ip(address.ip(), policy) {
            Ok(()) => good.push(address),
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    match refusal {
        Some(error) if good.is_empty() => Err(error),
        _ => Ok(good),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_addresses_only_public_ones_are_dialled() {
        let of = |addresses: &[&str]| addresses.iter().map(|a| a.parse().expect("an address")).collect::<Vec<_>>();
        let mixed = of(&["10.0.0.1:443", "1.1.1.1:443"]);
        assert_eq!(allowed(mixed, TargetPolicy::Public), Ok(of(&["1.1.1.1:443"])));
        assert!(allowed(of(&["127.0.0.1:443", "[::1]:443"]), TargetPolicy::Public).is_err());
        assert!(allowed(of(&["127.0.0.1:443"]), TargetPolicy::Loopback).is_ok());
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_a_private_address_is_refused() {
        let resolve = |policy| GuardedResolver { policy }.resolve("localhost".to_owned());
        assert!(resolve(TargetPolicy::Public).await.is_err());
        assert!(resolve(TargetPolicy::Loopback).await.is_ok());
    }
}
