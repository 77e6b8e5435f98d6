// Owns: how an address that somebody else wrote can be followed: in a tab that knows nothing of this one, and with the true address on demand.

interface SafeLinkProps {
  readonly address: string;
  readonly children: string;
}

export function SafeLink({ address, children }: SafeLinkProps) {
  return (
    <a
      href={address}
      title={new URL(address).href}
      dir="ltr"
      target="_blank"
      rel="noopener noreferrer nofollow"
      className="text-accent underline"
    >
      {children}
    </a>
  );
}
