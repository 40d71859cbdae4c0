-- Who asked for an export need not ask again and again whether it is ready.
alter type event_kind add value 'DATA_EXPORT_ENDED';
