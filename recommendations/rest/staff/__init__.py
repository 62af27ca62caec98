"""What staff and trusted servers do by the API, each thing behind a Django permission."""
