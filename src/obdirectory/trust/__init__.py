"""Trust: certificates, trusted lists, chains, qualification and revocation, each judged as findings with their clause."""
