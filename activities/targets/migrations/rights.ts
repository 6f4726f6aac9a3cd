/** The statements that grant what taking migrations back needs. */
export const RIGHTS = 'docs/rbac/migrations/role.sql'
