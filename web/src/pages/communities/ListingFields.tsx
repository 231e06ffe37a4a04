import { TextInput } from "@mantine/core";
import styles from "./AddForm.module.css";
import { Choose } from "./Choose";
import type { Listing } from "./offers";

type Props = {
  listings: readonly Listing[];
  listing: Listing;
  limit: string;
  error: string | undefined;
  onListing: (listing: Listing) => void;
  onLimit: (limit: string) => void;
};

/** Which listing of a place is read, where it has several, and how many posts of it. */
export function ListingFields({ listings, listing, limit, error, onListing, onLimit }: Props) {
  return (
    <div className={styles.pair}>
      {listings.length > 1 && (
        <Choose
          label="Listing"
          value={listing}
          options={listings.map((value) => ({ value, name: value }))}
          onChange={onListing}
        />
      )}
      <TextInput
        size="md"
        label="Posts a read"
        inputMode="numeric"
        value={limit}
        error={error}
        onChange={(event) => onLimit(event.currentTarget.value)}
        data-testid="limit"
      />
    </div>
  );
}
