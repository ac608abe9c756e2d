-- An account for all programmes named the six that there were. An empty list also covers programmes that are added later.
UPDATE account SET programmes = '[]'
WHERE programmes LIKE '%"party_building"%' AND programmes LIKE '%"industry"%' AND programmes LIKE '%"marketing"%'
    AND programmes LIKE '%"labour"%' AND programmes LIKE '%"education"%' AND programmes LIKE '%"health"%';
