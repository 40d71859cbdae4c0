-- Keys of the URLs of files are replaced: the one with the highest id is the newest.
alter table media_keys drop constraint media_keys_id_one;
