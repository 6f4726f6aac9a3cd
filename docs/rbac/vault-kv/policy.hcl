# The least rights of a token for steps of kind vault-kv: vault policy write unwind-kv policy.hcl
# Name the secrets instead of * where there are more in the mount.
path "secret/metadata/*" {
  capabilities = ["read"]
}

# Without `update` a worker can plan and verify.
path "secret/data/*" {
  capabilities = ["read", "update"]
}
