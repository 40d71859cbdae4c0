// The mutations that no move of `sequence-moves.ts` makes, each with its reason.

const unseen = 'nothing that the feed tells of changes'
const byOperator = 'nobody here is an operator: tests/operators/operators.test.ts'
const newcomer = 'it makes an account, which has no other device yet'

/** Mutations that no move makes, and why. */
export const exceptions: Readonly<Record<string, string>> = {
  register: newcomer,
  signInAsGuest: newcomer,
  refreshSession: 'it prolongs a session, which nobody is told of',
  signOut: 'it ends a session as revokeSession does',
  changePassword: 'it ends sessions as revokeSession does',
  upgradeGuest: 'it tells what updateProfile does; the people here are registered, so that they can be mentioned',
  deleteAccount: 'it leaves rooms and friends as leaveRoom and removeFriend do: tests/account/deletion.test.ts',
  createUpload: unseen,
  saveMessage: unseen,
  unsaveMessage: unseen,
  createInvite: unseen,
  revokeInvite: unseen,
  requestDataExport: 'it is made by a chore, some seconds later: tests/account/export.test.ts',
  reportMessage: unseen,
  resolveReport: unseen,
  markDelivered: 'receipts may be lost',
  markRead: 'receipts may be lost',
  markUnread: 'read markers may be lost',
  hideRoom: 'nobody here writes in a direct room, which shows it again: tests/membership/room-list.test.ts',
  suspendUser: byOperator,
  restoreUser: byOperator,
  endUserSessions: byOperator,
  resetUserPassword: byOperator,
  deleteUserAccount: byOperator,
  handOverRoom: byOperator,
  resolveAnyReport: byOperator,
  deleteReportedMessage: byOperator,
  rotateSigningKeys: byOperator,
  setPresence: 'presence may be lost',
  setTyping: 'typing may be lost',
}
